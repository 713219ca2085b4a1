import type { RunResult, StepResult } from "../workflow/run-result.ts"

/** A run as a DAG with what it measured: edges, and how much later each step could have ended. */
export interface RunGraph {
  readonly edges: readonly RunEdge[]
  /** By step name, ms: 0 on the critical path. */
  readonly slackMs: ReadonlyMap<string, number>
  readonly critical: ReadonlySet<string>
}

export interface RunEdge {
  readonly from: string
  readonly to: string
  /** Both ends lie on the critical path, next to each other. */
  readonly critical: boolean
}

/** Reads the DAG of a run. Slack is the longest path less the longest path through the step, from measuredMs. */
export function runGraph(result: RunResult): RunGraph {
  const steps = new Map(result.steps.map((step) => [step.name, step]))
  const children = new Map<string, string[]>()
  for (const step of result.steps)
    for (const parent of step.after) children.set(parent, [...(children.get(parent) ?? []), step.name])
  const before = longest(steps, (step) => step.after)
  const behind = longest(steps, (step) => children.get(step.name) ?? [])
  const through = (step: StepResult): number =>
    (before.get(step.name) ?? 0) + (behind.get(step.name) ?? 0) - step.measuredMs
  const length = Math.max(0, ...result.steps.map(through))
  const path = result.criticalPath
  const next = new Map(path.map((name, i) => [name, path[i + 1]]))
  return {
    edges: result.steps.flatMap((step) =>
      step.after
        .filter((from) => steps.has(from))
        .map((from) => ({ from, to: step.name, critical: next.get(from) === step.name })),
    ),
    slackMs: new Map(result.steps.map((step) => [step.name, Math.max(0, length - through(step))])),
    critical: new Set(path),
  }
}

/** Longest measured time of a chain that ends in each step, itself included, along `from`. */
function longest(
  steps: ReadonlyMap<string, StepResult>,
  from: (step: StepResult) => readonly string[],
): ReadonlyMap<string, number> {
  const lengths = new Map<string, number>()
  const visit = (step: StepResult): number => {
    const known = lengths.get(step.name)
    if (known !== undefined) return known
    const parents = from(step).flatMap((name) => steps.get(name) ?? [])
    const length = step.measuredMs + Math.max(0, ...parents.map(visit))
    lengths.set(step.name, length)
    return length
  }
  for (const step of steps.values()) visit(step)
  return lengths
}
