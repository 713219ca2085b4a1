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

/** What the operations of one bench share. */
interface Site {
  readonly parts: BenchParts
  readonly step: Step
  readonly pkg: FunctionPackage
  readonly samples: Sample[]
  readonly timeoutMs: number
}

/** Makes the bench of a step; reads the profile of its function. */
export async function stepBench(parts: BenchParts, step: Step, pkg: FunctionPackage): Promise<StepBench> {
  const { place, ledger, profiles, environment } = parts
  const { platform } = place
  const { samples } = await profiles.read(pkg.functionName)
  const timeoutMs = Math.min(step.timeoutMs, platform.limits.timeoutMs)
  const site: Site = { parts, step, pkg, samples: [...samples], timeoutMs }
  return {
    step,
    pkg,
    threads: pkg.threads,
    limits: platform.limits,
    ledger,
    samples: site.samples,
    deploy: async (sizes) => {
      if (sizes.length > 0) await platform.deploy(pkg, [...new Set(sizes)], { timeoutMs, environment })
    },
    fire: (config, tasks, keep) => fire(site, { config, tasks }, keep),
    prewarm: async (memoryMB) => {
      parts.tell(`${step.name}: starting ${memoryMB} MB`)
      const { records } = await platform.prewarm(variantOf(pkg.functionName, memoryMB), 1, place.signal)
      for (const record of records) ledger.add(record)
    },
    call: (name, argument, memoryMB) => callExport(site, { name, argument, memoryMB }),
  }
}

interface Load {
  readonly config: StepConfig
  readonly tasks: readonly Json[]
}

async function fire(site: Site, load: Load, keep: Keep): Promise<Shots> {
  const { parts, step } = site
  parts.tell(`${step.name} at ${formatConfig(load.config)}`)
  const shots = await fireOnce(site, load, keep)
  if (keep === "outputs") return shots
  // Further processes of an instance stay alive: repeated, they would not be started any more as in most runs.
  const isRepeatable = shots.contended && shots.failure === null && load.config.processes === 1
  if (!isRepeatable || parts.counts.repeated >= MAX_REPEATED) return shots
  parts.counts.repeated++
  return fireOnce(site, load, keep)
}

async function fireOnce({ parts, step, pkg, samples, timeoutMs }: Site, load: Load, keep: Keep): Promise<Shots> {
  const key = keyOf(parts, step)
  const shots = await shoot(parts.place, { ...load, pkg, key, timeoutMs })
  for (const end of shots.ends) parts.ledger.add(end.record)
  samples.push(...shots.samples)
  parts.counts.samples += shots.samples.length
  if (shots.failure !== null) parts.counts.failures++
  await parts.profiles.append(pkg.functionName, shots.samples)
  if (keep === "samples") await sweep(parts.place, key)
  return shots
}

interface ExportCall {
  readonly name: string
  readonly argument: Json
  readonly memoryMB: number
}

async function callExport(
  { parts, step, pkg, timeoutMs }: Site,
  { name, argument, memoryMB }: ExportCall,
): Promise<Json> {
  parts.tell(`${step.name}: ${name}`)
  const variant = variantOf(pkg.functionName, memoryMB)
  const files = name === splitExport(step) ? "leave" : "download"
  const call = { variant, tasks: [argument], processes: 1, part: [0, 1], call: name, files, timeoutMs } as const
  const end = await callInstance(parts.place, { ...call, key: keyOf(parts, step) })
  parts.ledger.add(end.record)
  const [result] = end.results
  if (end.outcome === "ok" && result !== undefined) return result
  throw new TrimtabError("handler-failed", `step ${step.name}: its export ${name} failed: ${end.message}`, {
    where: step.name,
    fix: `correct ${name} in the handler's module`,
  })
}

/** Unlike any key before: nothing is answered from an earlier output. */
export function keyOf({ random, place }: BenchParts, step: Step): string {
  const nonce = Math.floor(random.next() * 2 ** 48).toString(36)
  return `campaigns/${Math.round(place.clock.nowMs()).toString(36)}-${nonce}/${step.name}`
}

/** Removes what a measurement put into the store; what cannot be removed is only space. */
export async function sweep({ store, signal }: Place, key: string): Promise<void> {
  try {
    for await (const { key: object } of store.list(`${key}/`, signal)) await store.delete(object, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof TrimtabError)) throw error
  }
}
