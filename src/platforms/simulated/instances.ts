import type { FunctionVariant } from "../platform.ts"
import { Cluster } from "./admission.ts"
import type { Noise } from "./noise.ts"
import type { ClusterParameters } from "./parameters.ts"
import { WarmPool, type SimulatedInstance } from "./pool.ts"

/** All live instances: started, resting, dropped. In a cluster each holds its memory from start to end. */
export class Instances {
  readonly #pool: WarmPool
  readonly #cluster: Cluster | null
  readonly #noise: Noise
  /** Instances ever started, by variant: the next one's name does not depend on other variants. */
  readonly #started = new Map<string, number>()
  #live = 0

  constructor(cluster: ClusterParameters | undefined, noise: Noise) {
    this.#cluster = cluster === undefined ? null : new Cluster(cluster)
    this.#noise = noise
    this.#pool = new WarmPool((instance) => this.#gone(instance))
  }

  /** Busy and idle ones. */
  get live(): number {
    return this.#live
  }

  takeWarm(variantName: string, nowMs: number): SimulatedInstance | undefined {
    return this.#pool.take(variantName, nowMs)
  }

  /** A new instance; in a cluster idle ones make room for it. Undefined when there is none. */
  start(variant: FunctionVariant, variantName: string, nowMs: number): SimulatedInstance | undefined {
    const worker = this.#place(variant.memoryMB, nowMs)
    if (worker < 0) return undefined
    const number = (this.#started.get(variantName) ?? 0) + 1
    this.#started.set(variantName, number)
    const name = `${variantName}/${number}`
    this.#live++
    const factor = this.#noise.instanceFactor(name)
    return { name, variant, factor, calls: 0, expiresAtMs: 0, restsSinceMs: 0, worker }
  }

  #place(memoryMB: number, nowMs: number): number {
    if (this.#cluster === null) return 0
    let worker = this.#cluster.place(memoryMB)
    if (worker < 0) this.#pool.sweep(nowMs)
    for (;;) {
      worker = worker < 0 ? this.#cluster.place(memoryMB) : worker
      if (worker >= 0) return worker
      const oldest = this.#pool.evictOldest()
      if (oldest === undefined) return -1
      this.#gone(oldest)
    }
  }

  /** Back to the pool, to be gone then if nobody uses it. */
  rest(instance: SimulatedInstance, variantName: string, times: { nowMs: number; untilMs: number }): void {
    instance.restsSinceMs = times.nowMs
    instance.expiresAtMs = times.untilMs
    this.#pool.put(variantName, instance)
  }

  drop(instance: SimulatedInstance): void {
    this.#gone(instance)
  }

  /** Drops the idle instances of a function; a busy one is told by its version when it ends. */
  dropFunction(functionName: string): void {
    this.#pool.drop((name) => name.startsWith(`${functionName}:`))
  }

  counts(nowMs: number): ReadonlyMap<string, number> {
    return this.#pool.counts(nowMs)
  }

  #gone(instance: SimulatedInstance): void {
    this.#live--
    this.#cluster?.free(instance.worker, instance.variant.memoryMB)
  }
}
