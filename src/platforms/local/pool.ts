import type { FunctionVersion } from "./function-table.ts"

/** Instances of one version are told from those of its next revision. */
function poolKey(version: FunctionVersion): string {
  return `${version.functionName}:${version.version}:${version.revisionId}`
}

/** What the pool needs to know of an instance. */
export interface Pooled {
  readonly version: FunctionVersion
  claim(): void
  close(): Promise<void>
}

export interface PoolOptions {
  readonly keepAliveMs: number
  /** Memory that all instances may be promised together; idle ones leave when it is needed. */
  readonly memoryMB: number
}

/** The warm instances. The most recently used is taken first, so that the others can grow old and leave. */
export class Pool<T extends Pooled> {
  readonly #options: PoolOptions
  readonly #all = new Set<T>()
  /** Oldest first. */
  readonly #idle: T[] = []
  readonly #timers = new Map<T, NodeJS.Timeout>()
  /** At work on their last event. */
  readonly #retired = new Set<T>()
  readonly #ending = new Set<Promise<void>>()

  constructor(options: PoolOptions) {
    this.#options = options
  }

  /** A warm instance of this version, claimed; null when there is none. */
  take(version: FunctionVersion): T | null {
    const key = poolKey(version)
    const index = this.#idle.findLastIndex((instance) => poolKey(instance.version) === key)
    const instance = this.#idle[index]
    if (instance === undefined) return null
    this.#remove(instance)
    instance.claim()
    return instance
  }

  /** Makes room for an instance that is about to start, least recently used first, and counts it. */
  add(instance: T): void {
    this.#all.add(instance)
    while (this.#promisedMB() > this.#options.memoryMB && this.#idle.length > 0) this.drop(this.#idle[0]!)
  }

  /** The instance may be taken again. */
  give(instance: T): void {
    if (this.#retired.has(instance)) {
      this.drop(instance)
      return
    }
    this.#idle.push(instance)
    const timer = setTimeout(() => this.drop(instance), this.#options.keepAliveMs)
    timer.unref()
    this.#timers.set(instance, timer)
  }

  /** The instance ends, or has ended by itself. */
  drop(instance: T): void {
    this.#remove(instance)
    this.#all.delete(instance)
    this.#retired.delete(instance)
    const ending = instance.close()
    this.#ending.add(ending)
    void ending.finally(() => this.#ending.delete(ending))
  }

  /** No new event for the instances that `matches`: idle ones end now, busy ones with their event. */
  retire(matches: (version: FunctionVersion) => boolean): void {
    for (const instance of this.#all) {
      if (!matches(instance.version)) continue
      if (this.#idle.includes(instance)) this.drop(instance)
      else this.#retired.add(instance)
    }
  }

  /** Ends every instance that `matches`, at work or not; resolves when nothing of them is left. */
  async end(matches: (version: FunctionVersion) => boolean): Promise<void> {
    await Promise.all([...this.#all].filter(({ version }) => matches(version)).map((instance) => instance.close()))
    await Promise.all(this.#ending)
  }

  /** Idle instances by function and size: those of one version differ in neither. */
  idleCounts(): { readonly functionName: string; readonly memoryMB: number; readonly count: number }[] {
    const counts = new Map<string, { functionName: string; memoryMB: number; count: number }>()
    for (const { version } of this.#idle) {
      const key = poolKey(version)
      const known = counts.get(key)
      if (known === undefined)
        counts.set(key, { functionName: version.functionName, memoryMB: version.memoryMB, count: 1 })
      else known.count++
    }
    return [...counts.values()]
  }

  get size(): number {
    return this.#all.size
  }

  async close(): Promise<void> {
    await this.end(() => true)
  }

  #promisedMB(): number {
    let sumMB = 0
    for (const instance of this.#all) sumMB += instance.version.memoryMB
    return sumMB
  }

  #remove(instance: T): void {
    clearTimeout(this.#timers.get(instance))
    this.#timers.delete(instance)
    const index = this.#idle.indexOf(instance)
    if (index >= 0) this.#idle.splice(index, 1)
  }
}
