import { peakMemoryMB } from "../accounting.ts"
import { parentPid, processMemory, taskTimes } from "../proc.ts"
import { signal } from "./kill.ts"
import type { GroupSpec, GroupUsage, LayerOpening } from "./layer.ts"
import { PlainGroup } from "./none.ts"
import { BUCKET_MS, TokenBucket } from "./token-bucket.ts"

/**
 * No privilege at all: a token bucket of CPU time drained by what the threads' own counters say and enforced by
 * SIGSTOP and SIGCONT, and a poll of the peak memory that kills above the limit. Costs some 4 % of a core per busy
 * instance and overshoots the memory limit by a few MB.
 */

const MEMORY_POLL_MS = 10

/** Timers below this only burn CPU. */
const MIN_TICK_MS = 2

/** Linux only: the counters are in /proc. */
export function openSignals(): LayerOpening {
  if (processMemory(process.pid) === null) return { unavailable: "no /proc to read CPU and memory from" }
  return {
    layer: {
      name: "signals",
      places: [],
      createGroup: (spec) => new SignalGroup(spec),
      close: async () => {},
    },
  }
}

/** One process with a limit of its own. */
interface LimitedProcess {
  readonly bucket: TokenBucket
  stopped: boolean
}

class SignalGroup extends PlainGroup {
  readonly #memoryMB: number
  readonly #coresPerProcess: number | null
  readonly #bucket: TokenBucket
  #cores: number
  readonly #processes = new Map<number, LimitedProcess>()
  #rootPid = 0
  #stopped = false
  #frozen = false
  #kills = 0
  #cpuMs = 0
  #throttledMs = 0
  #lastTickMs = 0
  #lastMemoryMs = 0
  /** CPU time of each thread at the last tick, by process and thread. */
  #lastTimes: ReadonlyMap<string, number> = new Map()
  #timer: NodeJS.Timeout | undefined

  constructor(spec: GroupSpec) {
    super()
    this.#memoryMB = spec.memoryMB
    this.#coresPerProcess = spec.coresPerProcess
    this.#cores = spec.cores
    this.#bucket = new TokenBucket(spec.cores)
  }

  protected override adopt(pid: number): void {
    super.adopt(pid)
    this.#rootPid = pid
    this.#lastTickMs = performance.now()
    this.#schedule(MIN_TICK_MS)
  }

  override setCores(cores: number): void {
    this.#cores = cores
    this.#bucket.setCores(cores)
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
    this.#bucket.forgive()
    for (const limited of this.#processes.values()) {
      limited.stopped = false
      limited.bucket.forgive()
    }
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
    this.#timer = setTimeout(() => this.#tick(), Math.max(MIN_TICK_MS, Math.min(ms, BUCKET_MS)))
    this.#timer.unref()
  }

  #tick(): void {
    if (this.#frozen) return
    this.#account()
    this.#checkMemory()
    if (this.#stopped !== this.#bucket.isEmpty) {
      this.#stopped = this.#bucket.isEmpty
      this.send(this.#stopped ? "SIGSTOP" : "SIGCONT")
      // The signal to all has woken those that have nothing left themselves.
      if (!this.#stopped) for (const limited of this.#processes.values()) limited.stopped = false
    }
    const nextMs = this.#stopped ? this.#bucket.refillMs : this.#bucket.drainMs(this.#cores)
    this.#schedule(this.#stopped ? nextMs : Math.min(nextMs, this.#limitProcesses()))
  }

  /** Stops and resumes single processes; the answer is when to look again, ms. */
  #limitProcesses(): number {
    let nextMs = BUCKET_MS
    for (const [pid, limited] of this.#processes) {
      if (limited.stopped !== limited.bucket.isEmpty) {
        limited.stopped = limited.bucket.isEmpty
        signal(pid, limited.stopped ? "SIGSTOP" : "SIGCONT")
      }
      nextMs = Math.min(nextMs, limited.stopped ? limited.bucket.refillMs : limited.bucket.drainMs(1))
    }
    return nextMs
  }

  /** Brings counters and buckets up to now. */
  #account(): void {
    const nowMs = performance.now()
    const elapsedMs = nowMs - this.#lastTickMs
    this.#lastTickMs = nowMs
    const times = new Map<string, number>()
    let usedMs = 0
    const pids = this.pids()
    for (const pid of pids) {
      let ofProcessMs = 0
      for (const [tid, { cpuMs }] of taskTimes(pid)) {
        times.set(`${pid}/${tid}`, cpuMs)
        ofProcessMs += Math.max(0, cpuMs - (this.#lastTimes.get(`${pid}/${tid}`) ?? 0))
      }
      usedMs += ofProcessMs
      this.#limitedProcess(pid)?.bucket.account(elapsedMs, ofProcessMs)
    }
    for (const pid of this.#processes.keys()) if (!pids.includes(pid)) this.#processes.delete(pid)
    this.#lastTimes = times
    this.#cpuMs += usedMs
    if (this.#stopped) this.#throttledMs += elapsedMs
    else if ([...this.#processes.values()].some(({ stopped }) => stopped)) this.#throttledMs += elapsedMs
    this.#bucket.account(elapsedMs, usedMs)
  }

  /** The root process and its children have limits of their own; what those start in turn is not followed. */
  #limitedProcess(pid: number): LimitedProcess | null {
    if (this.#coresPerProcess === null) return null
    const known = this.#processes.get(pid)
    if (known !== undefined) return known
    if (pid !== this.#rootPid && parentPid(pid) !== this.#rootPid) return null
    const limited = { bucket: new TokenBucket(this.#coresPerProcess), stopped: false }
    this.#processes.set(pid, limited)
    return limited
  }

  #checkMemory(): void {
    if (this.#lastTickMs - this.#lastMemoryMs < MEMORY_POLL_MS) return
    this.#lastMemoryMs = this.#lastTickMs
    if (peakMemoryMB(this.pids()) <= this.#memoryMB) return
    this.#kills++
    this.send("SIGKILL")
  }
}
