import { randomBytes } from "node:crypto"
import { existsSync } from "node:fs"
import { availableParallelism } from "node:os"
import { join, resolve } from "node:path"
import { realClock } from "../base/clock.ts"
import { TrimtabError } from "../base/errors.ts"
import { dropUndefined } from "../base/json.ts"
import type { Random } from "../base/random.ts"
import { cancelStored } from "../engine/cancel-stored.ts"
import { createEngine, type Engine, type EngineOptions } from "../engine/engine.ts"
import type { EngineEvent } from "../engine/events.ts"
import type { HedgeMode } from "../engine/hedge-mode.ts"
import type { PrewarmRuleName } from "../engine/prewarm-rule.ts"
import { readRun, type RunReading } from "../engine/read-runs.ts"
import { openSqliteJournal, type SqliteJournal } from "../engine/sqlite-journal.ts"
import type { Rates } from "../estimation/compile.ts"
import type { DelayPriorNames } from "../estimation/delay-priors.ts"
import type { Estimator } from "../estimation/estimator.ts"
import { shippedOperationModel } from "../estimation/operation/shipped-models.ts"
import type { OperationPlatform } from "../estimation/operation/training-set.ts"
import type { OperationSource } from "../estimation/transferred-function.ts"
import { createEstimator, type ProfileEstimator } from "../estimation/profile-estimator.ts"
import type { Profile } from "../estimation/sample.ts"
import { packageFunction } from "../packaging/package-function.ts"
import { LAYER_NAMES, PERIOD_MS } from "../platforms/local/enforcement/layer.ts"
import { connectLocalPlatform, type LocalPlatform } from "../platforms/local/local-platform.ts"
import { LAMBDA_MB_PER_VCPU } from "../platforms/local/options.ts"
import { statePaths } from "../platforms/local/server-info.ts"
import type { FunctionPackage } from "../platforms/platform.ts"
import { awsLambdaPricing } from "../pricing/aws-lambda.ts"
import { invocationMeters } from "../pricing/lambda-meters.ts"
import type { FullCpu } from "../profiling/operation-campaign.ts"
import { operationSourceOf } from "../profiling/operation-source.ts"
import { type OperationStore, operationStore } from "../profiling/operation-store.ts"
import { profileStore, type ProfileStore } from "../profiling/profile-store.ts"
import { fsStore } from "../stores/fs/fs-store.ts"
import type { Store } from "../stores/store.ts"
import { STORE_VARIABLE } from "../wrapper/environment.ts"
import { valuesOf } from "../workflow/config.ts"
import type { PlatformLimits } from "../workflow/limits.ts"
import type { Workflow } from "../workflow/workflow.ts"
import { listening } from "./cancel-requests.ts"
import type { Project } from "./config.ts"
import { OFFLINE_LIMITS } from "./offline-limits.ts"
import type { Terminal } from "./terminal.ts"

/**
 * The one place, beside the public API, where concrete platforms and stores are named: a project with everything
 * that its commands need, opened in the order in which a mistake of the user is cheapest to find.
 */
export interface Workspace {
  readonly project: Project
  readonly store: Store
  readonly profiles: ProfileStore
  /** Local runs of functions, from which those are planned that were not measured. */
  readonly operations: OperationStore
  readonly platform: LocalPlatform
  readonly packages: ReadonlyMap<string, FunctionPackage>
  /** Environment of every function: where the wrapper finds the store. */
  readonly environment: Readonly<Record<string, string>>
  /** Publishes every memory size that a step of the function may take. Doing it twice changes nothing. */
  deploy(): Promise<void>
  /** From what is measured now; later samples are not in it. Starts and transfers are expected to be local ones. */
  estimator(): Promise<Estimator>
  engine(options: EngineSetup): Engine
  close(): Promise<void>
}

export interface EngineSetup {
  readonly policyFor: EngineOptions["policyFor"]
  readonly onEvent?: (event: EngineEvent) => void
  readonly prewarm?: PrewarmRuleName | undefined
  readonly hedge?: HedgeMode | undefined
}

/** Packages the functions, then finds or starts the local platform. Throws what either of them throws. */
export async function openWorkspace(project: Project, terminal: Terminal): Promise<Workspace> {
  const { workflow, stateDir } = project
  const packages = await packageAll(project, terminal)
  const store = fsStore(join(stateDir, "store"))
  const profiles = projectProfiles(project)
  const operations = projectOperations(project)
  const environment = store.url === null ? {} : { [STORE_VARIABLE]: store.url }
  const platform = await openPlatform(project)
  return {
    project,
    store,
    profiles,
    operations,
    platform,
    packages,
    environment,
    deploy: () => deployAll({ workflow, packages, platform, environment }, terminal),
    estimator: async () => {
      const { usdPerGbSecond, usdPerRequest } = platform.pricing
      const inputs = await estimatorInputs({ project, platform, profiles, operations, packages })
      return createEstimator({ workflow, rates: { usdPerGbSecond, usdPerRequest }, ...inputs })
    },
    engine: ({ policyFor, onEvent, prewarm, hedge }) => {
      const journal = openSqliteJournal({ path: journalPath(project), clock: realClock })
      const on = { clock: realClock, logger: terminal }
      const engine = createEngine({
        journal,
        platform,
        store,
        random: realRandom,
        policyFor,
        ...on,
        ...dropUndefined({ onEvent, prewarm, hedge }),
      })
      return listening(engine, stateDir, on)
    },
    close: () => platform.close(),
  }
}

/** Where a project's runs are durable. */
export function journalPath({ stateDir }: Project): string {
  return join(stateDir, "journal.sqlite")
}

/**
 * One run of a project's journal, without owning it.
 * @throws TrimtabError `usage` when there is none; what `readRun` throws
 */
export async function projectRun(project: Project, runId: string): Promise<RunReading> {
  const path = journalPath(project)
  const store = fsStore(join(project.stateDir, "store"))
  const sources = { store, clock: realClock, platform: { pricing: awsLambdaPricing() } }
  const reading = existsSync(path) ? await readRun(path, runId, sources) : null
  if (reading !== null) return reading
  throw new TrimtabError("usage", `there is no run ${runId} in ${path}`, { where: path, fix: "see trimtab runs" })
}

/**
 * Cancels a run that no process executes; false when one does.
 * @throws what `cancelStored` throws, and what opening the journal does
 */
export async function cancelProjectRun(project: Project, runId: string, reason: string): Promise<boolean> {
  let journal: SqliteJournal
  try {
    journal = openSqliteJournal({ path: journalPath(project), clock: realClock })
  } catch (error) {
    if (error instanceof TrimtabError && error.code === "lease-lost") return false
    throw error
  }
  try {
    const store = fsStore(join(project.stateDir, "store"))
    await cancelStored(runId, reason, { journal, store, clock: realClock, platform: { pricing: awsLambdaPricing() } })
    return true
  } finally {
    await journal.close()
  }
}

/** The profiles of a project. */
export function projectProfiles(project: Project): ProfileStore {
  return profileStore(join(project.stateDir, "profiles"))
}

/** The operation profiles of a project, beside its samples. */
export function projectOperations(project: Project): OperationStore {
  return operationStore(join(project.stateDir, "profiles"))
}

function localOperationPlatform({ info }: LocalPlatform): OperationPlatform {
  const { mbPerVcpu, vcpuScale } = info
  return { periodMs: PERIOD_MS, mbPerVcpu, vcpuScale, cores: availableParallelism() }
}

/** AWS Lambda: six vCPUs at 10,240 MB, and the period that public measurements of it show. */
const LAMBDA_OPERATIONS: OperationPlatform = { periodMs: 20, mbPerVcpu: LAMBDA_MB_PER_VCPU, vcpuScale: 1, cores: 6 }

/** A size of the local platform that gets every core, as far as it has sizes. */
export function fullCpu({ info, limits }: LocalPlatform): FullCpu {
  const cores = availableParallelism()
  const mbPerCore = info.mbPerVcpu / info.vcpuScale
  const memoryMB = Math.min(limits.memoryMB.max, Math.ceil(cores * mbPerCore))
  return {
    memoryMB,
    cores: Math.max(1, Math.min(cores, Math.round(memoryMB / mbPerCore))),
    periodMs: PERIOD_MS,
    liftsLimit: info.vcpuScale < 1,
  }
}

async function readProfiles(workflow: Workflow, profiles: ProfileStore): Promise<ReadonlyMap<string, Profile>> {
  const names = Object.keys(workflow.functions)
  return new Map(await Promise.all(names.map(async (name) => [name, await profiles.read(name)] as const)))
}

/** What estimates are made from, beside the workflow and its prices. */
export interface EstimatorInputs {
  readonly profiles: ReadonlyMap<string, Profile>
  readonly operations: OperationSource
  readonly limits: PlatformLimits
  readonly priors?: DelayPriorNames
}

/** What is measured now of the present code, on the project's local platform. */
export async function estimatorInputs(
  of: Pick<Workspace, "project" | "platform" | "profiles" | "operations" | "packages">,
): Promise<EstimatorInputs> {
  const { workflow } = of.project
  const operations = await operationSourceOf({
    functions: Object.keys(workflow.functions),
    store: of.operations,
    model: shippedOperationModel("local", localOperationPlatform(of.platform)),
    codes: new Map([...of.packages].map(([name, { codeSha256 }]) => [name, codeSha256])),
  })
  return { profiles: await readProfiles(workflow, of.profiles), operations, limits: of.platform.limits }
}

/** The same from profiles alone: nothing is packaged, started or called. AWS Lambda's limits by default. */
export async function offlineInputs(
  project: Project,
  limits: PlatformLimits = OFFLINE_LIMITS,
): Promise<EstimatorInputs & { readonly priors: DelayPriorNames }> {
  const { workflow } = project
  const profiles = await readProfiles(workflow, projectProfiles(project))
  const operations = await operationSourceOf({
    functions: Object.keys(workflow.functions),
    store: projectOperations(project),
    model: shippedOperationModel("aws-lambda", LAMBDA_OPERATIONS),
  })
  return { profiles, operations, limits, priors: offlinePriors(profiles) }
}

/** What can be estimated without any platform: profiles, and the prices and limits of AWS Lambda. */
export interface OfflineEstimator {
  readonly profiles: ReadonlyMap<string, Profile>
  readonly estimator: ProfileEstimator
  readonly rates: Rates
}

/** The estimator of a project from its profiles alone. */
export async function offlineEstimator(project: Project, limits?: PlatformLimits): Promise<OfflineEstimator> {
  const { usdPerGbSecond, usdPerRequest } = awsLambdaPricing()
  const rates = { usdPerGbSecond, usdPerRequest }
  const inputs = await offlineInputs(project, limits)
  const estimator = createEstimator({ workflow: project.workflow, rates, ...inputs })
  return { profiles: inputs.profiles, rates, estimator }
}

/** What was only imported ran on AWS Lambda and S3, where nothing else was told; campaigns and runs were local. */
function offlinePriors(profiles: ReadonlyMap<string, Profile>): DelayPriorNames {
  return importedOnly(profiles) ? { platform: "aws-lambda", store: "s3" } : {}
}

/** Whether there are samples and all of them are of logs or imports: nothing was ever measured here. */
export function importedOnly(profiles: ReadonlyMap<string, Profile>): boolean {
  const samples = [...profiles.values()].flatMap((profile) => profile.samples)
  return samples.length > 0 && samples.every(({ source }) => source === "log" || source === "import")
}

/** The local platform of a project's state folder. */
export async function openPlatform(project: Project): Promise<LocalPlatform> {
  const { enforcement: wanted, vcpuScale, port } = project.platform
  const enforcement = LAYER_NAMES.find((name) => name === wanted)
  if (wanted !== undefined && enforcement === undefined)
    throw new TrimtabError(
      "usage",
      `${project.source}: there is no enforcement layer ${wanted}; use one of ${LAYER_NAMES.join(", ")}`,
    )
  return connectLocalPlatform({
    stateDir: project.stateDir,
    pricing: awsLambdaPricing(),
    meters: (invocation) => invocationMeters(invocation),
    ...(vcpuScale === undefined ? {} : { vcpuScale }),
    ...(port === undefined ? {} : { port }),
    ...(enforcement === undefined ? {} : { enforcement }),
  })
}

/** Run ids need chance that nobody can guess. */
export const realRandom: Random = { next: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48 }

async function packageAll(project: Project, terminal: Terminal): Promise<Map<string, FunctionPackage>> {
  const packages = new Map<string, FunctionPackage>()
  const functions = Object.values(project.workflow.functions)
  for (const { name, handler, threads } of functions) {
    terminal.progress(`packaging ${name} (${packages.size + 1} of ${functions.length})`)
    const handlerPath = resolve(project.root, handler)
    const outDir = join(project.stateDir, "packages")
    packages.set(name, await packageFunction({ functionName: name, handlerPath, threads, outDir }))
  }
  terminal.done()
  return packages
}

interface Deployment {
  readonly workflow: Workflow
  readonly packages: ReadonlyMap<string, FunctionPackage>
  readonly platform: LocalPlatform
  readonly environment: Readonly<Record<string, string>>
}

async function deployAll({ workflow, packages, platform, environment }: Deployment, terminal: Terminal): Promise<void> {
  for (const [name, pkg] of packages) {
    const steps = workflow.steps.filter((step) => step.function === name)
    const sizes = new Set(steps.flatMap((step) => valuesOf(step.configSpace.memoryMB)))
    const timeoutMs = Math.max(...steps.map((step) => step.timeoutMs), 1)
    terminal.progress(`deploying ${name} at ${sizes.size} sizes`)
    await platform.deploy(
      pkg,
      [...sizes].sort((a, b) => a - b),
      { timeoutMs, environment },
    )
  }
  terminal.done()
}

/** Where the local platform of a project keeps the logs of its functions. */
export function projectLogs(project: Pick<Project, "stateDir">): string {
  return statePaths(project.stateDir).logs
}
