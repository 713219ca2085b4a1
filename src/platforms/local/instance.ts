import { join } from "node:path"
import { beginUsage, endUsage, peakMemoryMB, resetPeaks } from "./accounting.ts"
import type { EnforcementLayer, ProcessGroup } from "./enforcement/layer.ts"
import type { FunctionVersion } from "./function-table.ts"
import type { Body } from "./http.ts"
import { startInstanceProcess, type InstanceProcess } from "./instance-process.ts"
import type { InitEnd, Work, WorkEnd } from "./instance-work.ts"
import { InstanceLog } from "./log.ts"
import { RuntimeApi, type RuntimeEvent } from "./runtime-api.ts"
import { InstanceWatch } from "./instance-watch.ts"

export interface InstanceOptions {
  readonly id: string
  readonly version: FunctionVersion
  readonly layer: EnforcementLayer
  /** Cores while it initialises, and afterwards. */
  readonly initCores: number
  readonly cores: number
  readonly coresPerProcess: number | null
  readonly runDirectory: string
  readonly writeLog: (chunk: Buffer) => void
  /** Called when it may take an event, and when it will take none any more. */
  readonly onIdle: (instance: Instance) => void
  readonly onDead: (instance: Instance) => void
}

/** Back-to-back calls are not worth freezing for: a thaw wakes every thread, at the cost of the instance's quota. */
const FREEZE_AFTER_MS = 20

/** A killed process is reported within milliseconds. */
const REAP_MS = 1000

/**
 * One live function instance: `starting -> idle <-> busy -> dead`, one event at a time. `returning` is between the
 * answer and the request for more work: it can be claimed, the event then waits for it.
 */
export class Instance {
  readonly id: string
  readonly version: FunctionVersion
  readonly log: InstanceLog
  /** Events it was given. */
  served = 0
  #state: "starting" | "returning" | "idle" | "busy" | "dead" = "starting"
  readonly #options: InstanceOptions
  readonly #group: ProcessGroup
  readonly #watch: InstanceWatch
  #api: RuntimeApi | undefined
  #process: InstanceProcess | undefined
  #oomKills = 0
  /** What was resident when it last had nothing to do: the peak of an event that ends its processes. */
  #restingMB = 0
  #freezeTimer: NodeJS.Timeout | undefined
  #destroyed: Promise<void> | undefined
  /** Settled by the next thing the process says or does. */
  #onInit: ((end: InitEnd) => void) | null = null
  #onEnd: ((end: WorkEnd) => void) | null = null
  #onNext: (() => void) | null = null
  #startMs = 0

  constructor(options: InstanceOptions) {
    this.#options = options
    this.id = options.id
    this.version = options.version
    this.log = new InstanceLog(options.writeLog)
    const { version, initCores, coresPerProcess } = options
    this.#group = options.layer.createGroup({
      id: options.id,
      memoryMB: version.memoryMB,
      cores: initCores,
      coresPerProcess,
    })
    this.#watch = new InstanceWatch(this.#group, coresPerProcess !== null, () => this.#checkMemory())
  }

  /** Starts the process and waits for its first request for work, at most `timeoutMs`. Never throws. */
  async start(timeoutMs: number): Promise<InitEnd> {
    this.#startMs = performance.now()
    const end = new Promise<InitEnd>((resolve) => {
      this.#onInit = resolve
    })
    try {
      this.#api = await RuntimeApi.open({
        next: () => this.#next(),
        response: (_id, body) => this.#answered(body),
        error: (_id, body, errorType) => this.#settle({ kind: "error", body, errorType }),
        initError: (body, errorType) => this.#initEnded({ kind: "error", body, errorType, initMs: this.#initMs() }),
      })
      this.#spawn(this.#api.address)
    } catch (error) {
      this.#initEnded({ kind: "exit", detail: error instanceof Error ? error.message : String(error), initMs: 0 })
    }
    this.#watch.begin()
    const timer = setTimeout(() => this.#initEnded({ kind: "timeout", initMs: this.#initMs() }), timeoutMs)
    const initEnd = await end
    clearTimeout(timer)
    if (initEnd.kind !== "ready") await this.close()
    return initEnd
  }

  /** Takes the instance for one event. Only from `idle` and `returning`, and before the first event. */
  claim(): void {
    this.#state = "busy"
    clearTimeout(this.#freezeTimer)
  }

  /** Works on one event. The instance is dead afterwards if it was killed or ended by itself. */
  async work(event: Omit<RuntimeEvent, "deadlineMs">, timeoutMs: number): Promise<Work> {
    if (!(await this.#readyForWork(timeoutMs))) return this.#neverStarted()
    this.#group.setPriority("running")
    const before = beginUsage(this.#group)
    this.log.begin(this.served === 0)
    this.log.line(`START RequestId: ${event.requestId} Version: ${this.version.version}`)
    const ended = new Promise<WorkEnd>((resolve) => {
      this.#onEnd = resolve
    })
    this.#group.thaw()
    const startedAtMs = Date.now()
    const startMs = performance.now()
    this.served++
    this.#api?.deliver({ ...event, deadlineMs: startedAtMs + timeoutMs })
    this.#watch.begin()
    const timer = setTimeout(() => this.#settle({ kind: "timeout" }), timeoutMs)
    const end = await ended
    const durationMs = performance.now() - startMs
    clearTimeout(timer)
    this.#watch.end()
    // What the process printed before its answer is in the pipe already; one turn of the loop reads it.
    await new Promise((resolve) => setImmediate(resolve))
    const used = endUsage(this.#group, before, this.#options)
    const usage = { ...used, maxMemoryUsedMB: Math.max(used.maxMemoryUsedMB, Math.ceil(this.#restingMB)) }
    // A worker whose V8 gave up at the limit that follows from the memory size is as good as killed.
    const outOfMemory = end.kind === "out-of-memory" || this.#killedForMemory() || this.log.sawHeapAbort
    const finalEnd: WorkEnd = outOfMemory ? { kind: "out-of-memory" } : end
    this.#afterWork(finalEnd)
    return { end: finalEnd, startedAtMs, endedAtMs: startedAtMs + durationMs, durationMs, usage }
  }

  /** Kills it and removes all it had. Idempotent. */
  close(): Promise<void> {
    if (this.#destroyed === undefined) {
      this.#state = "dead"
      this.#destroyed = this.#destroy()
      this.#options.onDead(this)
    }
    return this.#destroyed
  }

  #spawn(runtimeApi: string): void {
    const workDirectory = join(this.#options.runDirectory, this.id)
    this.#process = startInstanceProcess({ version: this.version, group: this.#group, runtimeApi, workDirectory })
    const { child } = this.#process
    child.stdout?.on("data", (chunk: Buffer) => this.log.append(chunk))
    child.stderr?.on("data", (chunk: Buffer) => this.log.append(chunk))
    child.once("error", (error) => this.#ended(error.message, null))
    child.once("exit", (code, signal) =>
      this.#ended(signal === null ? `exit status ${code}` : `signal: ${signal}`, signal),
    )
  }

  #initMs(): number {
    return performance.now() - this.#startMs
  }

  #initEnded(end: InitEnd): void {
    this.#watch.end()
    this.#onInit?.(end)
    this.#onInit = null
  }

  #next(): void {
    if (this.#state === "starting") {
      this.#restingMB = peakMemoryMB(this.#group.pids())
      this.#group.setCores(this.#options.cores)
      this.#state = "busy"
      this.#initEnded({ kind: "ready", initMs: this.#initMs() })
      return
    }
    this.#onNext?.()
    this.#onNext = null
    if (this.#state === "returning") this.#becomeIdle()
  }

  #becomeIdle(): void {
    this.#state = "idle"
    this.#restingMB = resetPeaks(this.#group)
    this.#freezeTimer = setTimeout(() => this.#group.freeze(), FREEZE_AFTER_MS)
    this.#freezeTimer.unref()
  }

  #answered(body: Body): void {
    if ("tooLarge" in body) this.#settle({ kind: "too-large", sizeBytes: body.tooLarge })
    else this.#settle({ kind: "response", body: body.bytes })
  }

  #settle(end: WorkEnd): void {
    this.#onEnd?.(end)
    this.#onEnd = null
  }

  /** The process is gone. */
  #ended(detail: string, signal: NodeJS.Signals | null): void {
    // Let its last words in first.
    setImmediate(() => {
      const outOfMemory = this.#killedForMemory() || (signal === "SIGABRT" && this.log.sawHeapAbort)
      if (outOfMemory) this.#initEnded({ kind: "out-of-memory", initMs: this.#initMs() })
      else this.#initEnded({ kind: "exit", detail, initMs: this.#initMs() })
      this.#onNext?.()
      // At work the counters are read before anything is removed; see afterWork.
      if (this.#onEnd === null) void this.close()
      else this.#settle(outOfMemory ? { kind: "out-of-memory" } : { kind: "exit", detail })
    })
  }

  /** False when the process ended, or did not come back in time, before it could take the event. */
  async #readyForWork(timeoutMs: number): Promise<boolean> {
    if (this.#waits()) return true
    if (this.#destroyed !== undefined) return false
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs)
      this.#onNext = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    return this.#waits() && this.#destroyed === undefined
  }

  #waits(): boolean {
    return this.#api?.isWaiting === true
  }

  #neverStarted(): Work {
    void this.close()
    const usage = { cpuMs: 0, throttledMs: 0, contentionMs: 0, maxMemoryUsedMB: 0 }
    const end: WorkEnd = { kind: "exit", detail: "ended between two invocations" }
    return { end, startedAtMs: Date.now(), endedAtMs: Date.now(), durationMs: 0, usage }
  }

  #afterWork(end: WorkEnd): void {
    const survives = end.kind === "response" || end.kind === "error" || end.kind === "too-large"
    if (!survives || this.#destroyed !== undefined) {
      void this.close()
      return
    }
    this.#state = "returning"
    if (this.#waits()) this.#becomeIdle()
    this.#options.onIdle(this)
  }

  /** The kernel may kill one of several workers and leave the root process alive. */
  #killedForMemory(): boolean {
    const kills = this.#group.oomKills()
    const more = kills > this.#oomKills
    this.#oomKills = kills
    return more
  }

  #checkMemory(): void {
    if (this.#onEnd !== null && this.#group.oomKills() > this.#oomKills) this.#settle({ kind: "out-of-memory" })
  }

  async #destroy(): Promise<void> {
    this.#watch.end()
    clearTimeout(this.#freezeTimer)
    await this.#group.destroy()
    await this.#reaped()
    this.#api?.close()
    this.#process?.discard()
  }

  /** A zombie is nothing to leave behind either. */
  async #reaped(): Promise<void> {
    const child = this.#process?.child
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, REAP_MS)
      child.once("exit", () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}
