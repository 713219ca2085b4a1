import { processMemory, taskTimes } from "../proc.ts"
import { peakMemoryMB } from "../accounting.ts"
import { PlainGroup } from "./none.ts"
import type { EnforcementLayer, GroupSpec, GroupUsage, LayerOpening } from "./layer.ts"

/**
 * No privilege at all: a token bucket of CPU time, filled at the quota's rate, drained by what the threads' own
 * counters say, enforced by SIGSTOP and SIGCONT; and a poll of the peak memory that kills above the limit.
 * Costs some 4 % of a core per busy instance and overshoots the memory limit by a few MB.
 */

/** The bucket holds this much time's quota: shorter is closer to a real scheduler and dearer. */
const BUCKET_MS = 40

const MEMORY_POLL_MS = 10

/** Timers below this only burn CPU. */
const MIN_TICK_MS = 2

/** Linux only: the counters are in /proc. */
export function openSignals(): LayerOpening {
  if (processMemory(process.pid) === null) return { unavailable: "no /proc to read CPU and memory from" }
  return {
    layer: {
      name: "signals",
      directories: [],
      createGroup: (spec) => new SignalGroup(spec),
      close: async () => {},
    } satisfies EnforcementLayer,
  }
}

class SignalGroup extends PlainGroup {
  readonly #memoryMB: number
  #cores: number
  /** CPU milliseconds that may be used now; below zero the group sleeps. */
  #balanceMs = 0
  #stopped = false
  #frozen = false
  #kills = 0
  #cpuMs = 0
  #throttledMs = 0
  #lastTickMs = 0
  #lastMemoryMs = 0
  #lastTimes: ReadonlyMap<string, number> = new Map()
  #timer: NodeJS.Timeout | undefined

  constructor(spec: GroupSpec) {
    super()
    this.#memoryMB = spec.memoryMB
    this.#cores = spec.cores
  }

  override adopt(pid: number): void {
    super.adopt(pid)
    this.#lastTickMs = performance.now()
    this.#schedule(MIN_TICK_MS)
  }

  override setCores(cores: number): void {
    this.#cores = cores
  }

  override freeze(): void {
    this.#account()
    this.#frozen = true
    clearTimeout(this.#timer)
    super.freeze()
  }

  override thaw(): void {
    if (!this.#frozen) return
    this.#frozen = false
    this.#stopped = false
    this.#balanceMs = Math.max(0, this.#balanceMs)
    this.#lastTickMs = performance.now()
    super.thaw()
    this.#schedule(MIN_TICK_MS)
  }

  override usage(): GroupUsage {
    this.#account()
    // A stopped thread is not runnable: the kernel counts no run delay for it.
    return { cpuMs: this.#cpuMs, throttledMs: this.#throttledMs, throttledDelayMs: 0 }
  }

  override oomKills(): number {
    return this.#kills
  }

  override async destroy(): Promise<void> {
    this.#frozen = true
    clearTimeout(this.#timer)
    await super.destroy()
  }

  #schedule(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#tick(), Math.max(MIN_TICK_MS, ms))
    this.#timer.unref()
  }

  #tick(): void {
    if (this.#frozen) return
    this.#account()
    this.#checkMemory()
    if (this.#stopped) {
      if (this.#balanceMs > 0) this.#resume()
    } else if (this.#balanceMs <= 0) {
      this.#stopped = true
      this.send("SIGSTOP")
    }
    // Stopped: until the bucket is half full again. Running: until one thread could have emptied it.
    const untilMs = this.#stopped
      ? (this.#cores * BUCKET_MS * 0.5 - this.#balanceMs) / this.#cores
      : this.#balanceMs / Math.max(1, this.#cores)
    this.#schedule(Math.min(untilMs, BUCKET_MS))
  }

  #resume(): void {
    this.#stopped = false
    this.send("SIGCONT")
  }

  /** Brings counters and balance up to now. */
  #account(): void {
    const nowMs = performance.now()
    const elapsedMs = nowMs - this.#lastTickMs
    this.#lastTickMs = nowMs
    const times = new Map<string, number>()
    let usedMs = 0
    for (const pid of this.pids()) {
      for (const [tid, { cpuMs }] of taskTimes(pid)) {
        times.set(`${pid}/${tid}`, cpuMs)
        usedMs += Math.max(0, cpuMs - (this.#lastTimes.get(`${pid}/${tid}`) ?? 0))
      }
    }
    this.#lastTimes = times
    this.#cpuMs += usedMs
    if (this.#stopped) this.#throttledMs += elapsedMs
    this.#balanceMs = Math.min(this.#cores * BUCKET_MS, this.#balanceMs + this.#cores * elapsedMs - usedMs)
  }

  #checkMemory(): void {
    if (this.#lastTickMs - this.#lastMemoryMs < MEMORY_POLL_MS) return
    this.#lastMemoryMs = this.#lastTickMs
    if (peakMemoryMB(this.pids()) <= this.#memoryMB) return
    this.#kills++
    this.send("SIGKILL")
  }
}
