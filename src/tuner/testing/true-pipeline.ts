import type { RunResult, StepResult } from "../../workflow/run-result.ts"
import type { PlayedRuns } from "./played-runs.ts"

/** What was true of one run. */
export interface TrueRun {
  readonly runId: string
  /** Steps that invoked something. */
  readonly steps: ReadonlySet<string>
  /** Back from the step that ended last, each time the one that ended last of those waited for. */
  readonly criticalPath: readonly string[]
}

export interface TruePipeline {
  readonly runs: ReadonlyMap<string, TrueRun>
  /** `a>b`: without edges that a way over others implies. */
  readonly edges: ReadonlySet<string>
  /** Of every step, the share of the runs that invoke it. */
  readonly shares: ReadonlyMap<string, number>
  /** Why no log could show this DAG, however good its reader: an edge that binds next to never, for instance. */
  readonly ambiguous: string | null
}

/** Share of the runs that must show an edge, or that two steps are in no order, for a log to tell it. */
const SHOWN = 0.01

export function truePipeline({ workflow, results }: PlayedRuns): TruePipeline {
  const after = new Map(workflow.steps.map((step) => [step.name, step.after]))
  const ancestors = ancestorsOf(after)
  const edges = new Set<string>()
  for (const [name, parents] of after)
    for (const parent of parents)
      if (!parents.some((other) => other !== parent && ancestors.get(other)!.has(parent)))
        edges.add(`${parent}>${name}`)
  const runs = new Map(results.map((result) => [result.runId, trueRun(result, after)]))
  const shares = new Map<string, number>()
  for (const { steps } of runs.values())
    for (const step of steps) shares.set(step, (shares.get(step) ?? 0) + 1 / runs.size)
  return { runs, edges, shares, ambiguous: ambiguity(results, after, { edges, ancestors }) }
}

type After = ReadonlyMap<string, readonly string[]>

function trueRun(result: RunResult, after: After): TrueRun {
  const ran = new Map(result.steps.flatMap((step) => (step.invocations.length > 0 ? [[step.name, step] as const] : [])))
  const path: string[] = []
  let candidates: readonly StepResult[] = [...ran.values()]
  while (candidates.length > 0) {
    const last = candidates.reduce((latest, one) => (one.endedAtMs > latest.endedAtMs ? one : latest))
    path.push(last.name)
    candidates = waitedFor(last.name, after, ran)
  }
  return { runId: result.runId, steps: new Set(ran.keys()), criticalPath: path.reverse() }
}

/** What a step waited for: its parents, and for those that did nothing their parents. */
function waitedFor(name: string, after: After, ran: ReadonlyMap<string, StepResult>): readonly StepResult[] {
  return after.get(name)!.flatMap((parent) => {
    const step = ran.get(parent)
    return step === undefined ? waitedFor(parent, after, ran) : [step]
  })
}

function ancestorsOf(after: After): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, ReadonlySet<string>>()
  // Steps are in topological order.
  for (const [name, parents] of after)
    found.set(name, new Set(parents.flatMap((parent) => [parent, ...found.get(parent)!])))
  return found
}

function ambiguity(
  results: readonly RunResult[],
  after: After,
  { edges, ancestors }: { readonly edges: ReadonlySet<string>; readonly ancestors: ReturnType<typeof ancestorsOf> },
): string | null {
  const binding = new Map<string, number>()
  const never = new Map<string, number>()
  const names = [...after.keys()]
  const waitedForByAny = new Set([...after.values()].flat())
  for (const result of results) {
    const ran = new Map(
      result.steps.flatMap((step) => (step.invocations.length > 0 ? [[step.name, step] as const] : [])),
    )
    for (const [name, step] of ran) {
      const parents = waitedFor(name, after, ran)
      const last = parents.reduce<StepResult | null>(
        (latest, one) => (latest === null || one.endedAtMs > latest.endedAtMs ? one : latest),
        null,
      )
      if (last !== null) binding.set(`${last.name}>${name}`, (binding.get(`${last.name}>${name}`) ?? 0) + 1)
      for (const leaf of names) {
        const other = ran.get(leaf)
        if (other !== undefined && step.startedAtMs < other.endedAtMs)
          never.set(`${leaf}>${name}`, (never.get(`${leaf}>${name}`) ?? 0) + 1)
      }
    }
  }
  const least = SHOWN * results.length
  for (const edge of edges) if ((binding.get(edge) ?? 0) < least) return `${edge} binds in too few runs`
  for (const leaf of names.filter((name) => !waitedForByAny.has(name)))
    for (const name of names) {
      const isRelated = leaf === name || ancestors.get(leaf)!.has(name)
      if (!isRelated && (never.get(`${leaf}>${name}`) ?? 0) < least) return `${leaf} ends before ${name} begins`
    }
  return null
}
