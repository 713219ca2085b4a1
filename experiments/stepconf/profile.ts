import {
  type Goal,
  memoryProfileStore,
  openWorld,
  type Profile,
  runRecorder,
  simulate,
  type StepConfig,
} from "../../src/index.ts"
import { aloneSetting, fixedPolicy } from "./one-step.ts"
import type { Setting } from "./setting.ts"

/** Sizes that the paper profiles, MB (section 7.1; it prints 4192 once). */
const PROFILED_MB = [512, 1024, 2048, 4096, 10_240]

/** Repetitions of each measurement (section 7.1). */
const REPETITIONS = 10

/** Executions that find no instance warm, of each count of instances. */
const COLD_REPETITIONS = 2
/** Longer than any platform keeps an idle instance, ms. */
const IDLE_MS = 900_000

/** Room of a size above what its processes take: below it the measurement would only be killed. */
const ROOM = 1.2

export interface ProfileOptions {
  /** Those of the paper where absent. */
  readonly sizesMB?: readonly number[]
  /** Ten where absent. */
  readonly repetitions?: number
}

/** Profiles of all steps of a workflow as the paper makes them: five sizes, several task counts, ten repetitions. */
export async function profilesOf(
  setting: Setting,
  options: ProfileOptions = {},
): Promise<ReadonlyMap<string, Profile>> {
  const { sizesMB = PROFILED_MB, repetitions = REPETITIONS } = options
  const profiles = new Map<string, Profile>()
  for (const [index, { name }] of setting.paper.workflow.steps.entries())
    profiles.set(name, await profileOf(setting, name, { sizesMB, repetitions, seed: 1 + index }))
  return profiles
}

async function profileOf(
  setting: Setting,
  step: string,
  { sizesMB, repetitions, seed }: Required<ProfileOptions> & { readonly seed: number },
): Promise<Profile> {
  const tasks = setting.paper.tasksOf(step)
  const alone = aloneSetting(setting, step, tasks)
  const profiles = memoryProfileStore()
  const recorder = runRecorder({ profiles, source: "campaign", codeSha256: () => "simulated" })
  let config: StepConfig = { memoryMB: sizesMB[0]!, instances: 1, processes: 1 }
  const world = await openWorld({
    workflow: alone.paper.workflow,
    parameters: setting.parameters,
    behaviourOf: alone.behaviourOf,
    policyFor: () => fixedPolicy(() => config),
    seed,
    prewarm: "none",
    onEvent: (event) => {
      if (event.kind === "invocation-ended") recorder.observe(event)
    },
  })
  const execute = async (runs: number): Promise<void> => {
    const { workflow } = alone.paper
    const load = { kind: "closed", clients: 1, thinkMs: 0 } as const
    const { whole } = await simulate({ world, workflow, goal: ANY_GOAL, input: alone.input, load, runs, seed })
    for (const result of whole) await recorder.save(result)
  }
  try {
    for (config of designOf(setting, step, sizesMB)) await execute(repetitions)
    // Last, since the regression of delays looks at the latest executions alone.
    for (config of coldDesign(setting, step, sizesMB))
      for (let i = 0; i < COLD_REPETITIONS; i++) {
        await world.platform.clock.run(world.platform.clock.sleep(IDLE_MS))
        await execute(1)
      }
  } finally {
    await world.close()
  }
  return await profiles.read(step)
}

const ANY_GOAL: Goal = { kind: "cost", sloMs: 3_600_000, percentile: 0.95 }

/** Every size with one, four and all instances, and one, two and four processes, as far as it can run. */
function designOf(setting: Setting, step: string, sizesMB: readonly number[]): readonly StepConfig[] {
  const tasks = setting.paper.tasksOf(step)
  const law = setting.paper.lawOf(step)
  const counts = countsOf(setting, step)
  const processes = [1, 2, 4].filter((q) => q <= tasks)
  return sizesMB.flatMap((memoryMB) =>
    counts.flatMap((instances) =>
      processes
        .filter((q) => q === 1 || q <= Math.ceil(tasks / instances))
        .filter((q) => memoryMB >= ROOM * (law.baseMB + (q - 1) * law.processMB))
        .map((q) => ({ memoryMB, instances, processes: q })),
    ),
  )
}

function coldDesign(setting: Setting, step: string, sizesMB: readonly number[]): readonly StepConfig[] {
  const memoryMB = sizesMB[Math.floor(sizesMB.length / 2)]!
  return countsOf(setting, step).map((instances) => ({ memoryMB, instances, processes: 1 }))
}

/** Instances: few, some, as many as the space has. */
function countsOf(setting: Setting, step: string): readonly number[] {
  const tasks = setting.paper.tasksOf(step)
  const most = setting.paper.workflow.steps.find(({ name }) => name === step)!.configSpace.instances.max
  return [...new Set([1, 4, 12, most].filter((count) => count <= Math.min(most, tasks)))]
}
