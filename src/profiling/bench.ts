import type { Json } from "../base/json.ts"
import type { Random } from "../base/random.ts"
import { TrimtabError } from "../base/errors.ts"
import type { Sample } from "../estimation/sample.ts"
import { type FunctionPackage, variantOf } from "../platforms/platform.ts"
import { type StepConfig, formatConfig } from "../workflow/config.ts"
import type { PlatformLimits } from "../workflow/limits.ts"
import { splitExport } from "../workflow/tasks.ts"
import type { Step } from "../workflow/workflow.ts"
import { callInstance, type Place } from "./call-instance.ts"
import type { Ledger } from "./ledger.ts"
import type { ProfileStore } from "./profile-store.ts"
import { type Shots, shoot } from "./shoot.ts"

/** Volleys of a whole campaign that may be repeated because the machine was busy: a machine always busy stays so. */
const MAX_REPEATED = 4

/** Counters of a campaign beside the ledger. */
export interface Counts {
  repeated: number
  failures: number
  samples: number
}

/** What all benches of a campaign share. */
export interface BenchParts {
  readonly place: Place
  readonly ledger: Ledger
  readonly profiles: ProfileStore
  readonly environment: Readonly<Record<string, string>>
  readonly random: Random
  readonly counts: Counts
  /** Tells the progress. */
  readonly tell: (doing: string) => void
}

/** Where one step's function is measured. */
export interface StepBench {
  readonly step: Step
  readonly pkg: FunctionPackage
  readonly threads: "single" | "multi"
  readonly limits: PlatformLimits
  readonly ledger: Ledger
  /** Samples of the function, those of this campaign included. */
  readonly samples: readonly Sample[]
  /** Publishes sizes of the function. */
  deploy(sizes: readonly number[]): Promise<void>
  /** Runs the tasks in a configuration that is deployed; every sample is in the profile when it resolves. */
  fire(config: StepConfig, tasks: readonly Json[], keep: Keep): Promise<Shots>
  /** Starts an instance with a dummy invocation. Where that fails the next invocation is a cold start. */
  prewarm(memoryMB: number): Promise<void>
  /** Calls another export of the module: a split or a merge. Throws `handler-failed`. */
  call(name: string, argument: Json, memoryMB: number): Promise<Json>
}

/** Whether what the tasks upload is needed: the outputs of a reference run are, measurements are repeatable and swept. */
export type Keep = "outputs" | "samples"

/** Makes the bench of a step; reads the profile of its function. */
export async function stepBench(parts: BenchParts, step: Step, pkg: FunctionPackage): Promise<StepBench> {
  const { place, ledger, profiles } = parts
  const { platform } = place
  const timeoutMs = Math.min(step.timeoutMs, platform.limits.timeoutMs)
  const profile = await profiles.read(pkg.functionName)
  const samples = [...profile.samples]
  const once = async (config: StepConfig, tasks: readonly Json[], key: string): Promise<Shots> => {
    const shots = await shoot(place, { pkg, config, tasks, key, timeoutMs })
    for (const end of shots.ends) ledger.add(end.record)
    samples.push(...shots.samples)
    parts.counts.samples += shots.samples.length
    if (shots.failure !== null) parts.counts.failures++
    await profiles.append(pkg.functionName, shots.samples)
    return shots
  }
  return {
    step,
    pkg,
    threads: pkg.threads,
    limits: platform.limits,
    ledger,
    samples,
    deploy: async (sizes) => {
      if (sizes.length === 0) return
      await platform.deploy(pkg, [...new Set(sizes)], { timeoutMs, environment: parts.environment })
    },
    fire: async (config, tasks, keep) => {
      parts.tell(`${step.name} at ${formatConfig(config)}`)
      const key = keyOf(parts, step)
      const shots = await once(config, tasks, key)
      if (keep === "outputs") return shots
      await sweep(place, key)
      // Further processes of an instance stay alive: repeated, they would not be started any more as in most runs.
      const isRepeatable = shots.contended && shots.failure === null && config.processes === 1
      if (!isRepeatable || parts.counts.repeated >= MAX_REPEATED) return shots
      parts.counts.repeated++
      const again = keyOf(parts, step)
      const second = await once(config, tasks, again)
      await sweep(place, again)
      return second
    },
    prewarm: async (memoryMB) => {
      parts.tell(`${step.name}: starting ${memoryMB} MB`)
      const { records } = await platform.prewarm(variantOf(pkg.functionName, memoryMB), 1, place.signal)
      for (const record of records) ledger.add(record)
    },
    call: async (name, argument, memoryMB) => {
      parts.tell(`${step.name}: ${name}`)
      const variant = variantOf(pkg.functionName, memoryMB)
      const files = name === splitExport(step) ? "leave" : "download"
      const call = { variant, tasks: [argument], processes: 1, part: [0, 1], call: name, files, timeoutMs } as const
      const end = await callInstance(place, { ...call, key: keyOf(parts, step) })
      ledger.add(end.record)
      const [result] = end.results
      if (end.outcome === "ok" && result !== undefined) return result
      throw new TrimtabError("handler-failed", `step ${step.name}: its export ${name} failed: ${end.message}`, {
        where: step.name,
        fix: `correct ${name} in the handler's module`,
      })
    },
  }
}

/** Unlike any key before: nothing is answered from an earlier output. */
function keyOf({ random, place }: BenchParts, step: Step): string {
  const nonce = Math.floor(random.next() * 2 ** 48).toString(36)
  return `campaigns/${Math.round(place.clock.nowMs()).toString(36)}-${nonce}/${step.name}`
}

/** Removes what a measurement put into the store; what cannot be removed is only space. */
async function sweep({ store, signal }: Place, key: string): Promise<void> {
  try {
    for await (const { key: object } of store.list(`${key}/`, signal)) await store.delete(object, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof TrimtabError)) throw error
  }
}
