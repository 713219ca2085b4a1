import { vcpus, type PlatformLimits } from "../../workflow/limits.ts"
import type { ClusterParameters } from "./parameters.ts"

/** The account's limit on what runs at once: places, and vCPUs where the platform has so many and no more. */
export class Admission {
  readonly #limits: PlatformLimits
  readonly #byVcpus: boolean
  #busy = 0
  #busyVcpus = 0

  /** By `vcpus` too, unless machines decide by memory, from which vCPUs follow. */
  constructor(limits: PlatformLimits, by: "places" | "vcpus") {
    this.#limits = limits
    this.#byVcpus = by === "vcpus" && limits.vcpuTotal !== null
  }

  get busy(): number {
    return this.#busy
  }

  /** Takes a place; false where there is none. An instance above the total of vCPUs runs when it is alone. */
  enter(memoryMB: number): boolean {
    if (this.#busy >= this.#limits.concurrency.account) return false
    if (this.#byVcpus) {
      const wanted = vcpus(this.#limits, memoryMB)
      if (this.#busy > 0 && this.#busyVcpus + wanted > this.#limits.vcpuTotal! + 1e-9) return false
      this.#busyVcpus += wanted
    }
    this.#busy++
    return true
  }

  leave(memoryMB: number): void {
    this.#busy--
    if (this.#byVcpus) this.#busyVcpus = this.#busy === 0 ? 0 : this.#busyVcpus - vcpus(this.#limits, memoryMB)
  }
}

const WINDOW_MS = 10_000

interface Window {
  fromMs: number
  started: number
}

/** New instances of a function per 10 s: not saved up, and counted from the first start of a window. */
export class StartRate {
  readonly #most: number | null
  readonly #windows = new Map<string, Window>()

  constructor(startsPer10s: number | null) {
    this.#most = startsPer10s
  }

  /** 0 when the instance may start, and counts it; else ms until one may. */
  tryStart(functionName: string, nowMs: number): number {
    if (this.#most === null) return 0
    const window = this.#windows.get(functionName)
    if (window === undefined || nowMs >= window.fromMs + WINDOW_MS) {
      this.#windows.set(functionName, { fromMs: nowMs, started: 1 })
      return 0
    }
    if (window.started >= this.#most) return window.fromMs + WINDOW_MS - nowMs
    window.started++
    return 0
  }
}

/** Memory of the machines of a cluster: an instance lives on one of them, whole. */
export class Cluster {
  readonly #freeMB: number[]

  constructor({ workers, memoryMB }: ClusterParameters) {
    this.#freeMB = Array.from({ length: workers }, () => memoryMB)
  }

  /** The fullest machine that still has room, so that large instances find whole ones; -1 where none has. */
  place(memoryMB: number): number {
    let best = -1
    for (let worker = 0; worker < this.#freeMB.length; worker++) {
      const free = this.#freeMB[worker]!
      if (free >= memoryMB && (best < 0 || free < this.#freeMB[best]!)) best = worker
    }
    if (best >= 0) this.#freeMB[best]! -= memoryMB
    return best
  }

  free(worker: number, memoryMB: number): void {
    this.#freeMB[worker]! += memoryMB
  }
}
