import { type FunctionLaw, parseWorkflow, type Workflow } from "../../src/index.ts"
import { type LawName, measuredLaw } from "./step-laws.ts"

/** One step of a paper's workflow. Bytes and objects are those of one task, each way. */
export interface PaperStep {
  readonly name: string
  readonly after: readonly string[]
  readonly law: LawName
  readonly tasks: number
  readonly download: Volume
  readonly upload: Volume
  /** Work of this step's task over that of the law; 1 where absent. */
  readonly work?: number
  /** Share of the work that uses all cores, where it is not that of the law. */
  readonly parallelShare?: number
}

export interface Volume {
  readonly objects: number
  readonly bytes: number
}

/** A workflow of an evaluation: its graph, and what each step takes. */
export interface PaperWorkflow {
  readonly name: string
  readonly workflow: Workflow
  readonly tasksOf: (step: string) => number
  readonly lawOf: (step: string) => FunctionLaw
}

export interface ConfigAxes {
  readonly memoryMB: { readonly min: number; readonly max: number; readonly step: number }
  readonly mostInstances: number
  readonly mostProcesses: number
}

const TIMEOUT_MS = 600_000

/** Every step is a function of its own, so that each has a profile of its own. */
export function paperWorkflow(name: string, steps: readonly PaperStep[], axes: ConfigAxes): PaperWorkflow {
  const byName = new Map(steps.map((step) => [step.name, step]))
  const found = (step: string): PaperStep => {
    const known = byName.get(step)
    if (known === undefined) throw new Error(`${name} has no step ${step}`)
    return known
  }
  const spec = {
    name,
    functions: Object.fromEntries(
      steps.map((step) => [step.name, { handler: `./${step.law}.ts`, threads: lawOf(step).threads }]),
    ),
    steps: Object.fromEntries(
      steps.map(({ name: step, after, tasks }) => [
        step,
        {
          function: step,
          after,
          split: tasks === 1 ? "none" : "each",
          configSpace: {
            memoryMB: axes.memoryMB,
            instances: { min: 1, max: Math.min(axes.mostInstances, tasks), step: 1 },
            processes: { min: 1, max: Math.min(axes.mostProcesses, tasks), step: 1 },
          },
          timeoutMs: TIMEOUT_MS,
        },
      ]),
    ),
  }
  return {
    name,
    workflow: parseWorkflow(spec, `experiments/${name}`),
    tasksOf: (step) => found(step).tasks,
    lawOf: (step) => lawOf(found(step)),
  }
}

function lawOf({ law, work = 1, parallelShare, download, upload }: PaperStep): FunctionLaw {
  const known = measuredLaw(law)
  const measured: FunctionLaw = parallelShare === undefined ? known : { ...known, threads: "multi", parallelShare }
  return {
    ...measured,
    taskMs: work * measured.taskMs,
    objectsPerTask: download.objects,
    uploadObjectsPerTask: upload.objects,
    downloadBytesPerTask: download.bytes,
    uploadBytesPerTask: upload.bytes,
  }
}
