import type { StepPart, StepTime } from "../../statistics/end-to-end-sample.ts"
import { type LevelColumn, type RandomTable, sampleColumn } from "../../statistics/monte-carlo.ts"
import { normalQuantile } from "../../statistics/normal.ts"
import { COST_PART, type OccurrenceColumn, occurrenceColumns, type StepUnfolding } from "./unfolding.ts"
import type { CandidateSelection, CostMoments, UncertainProblem } from "./uncertain-problem.ts"

/** A problem in every scenario of a random table: two plans meet the same chances. */
export interface Scenarios {
  readonly count: number
  /** Latency of a plan in ms, by scenario; the steps' max-plus recursion, exact for any DAG. */
  latencies(selection: CandidateSelection): Float64Array
  /** Cost of a plan in USD, by scenario. */
  costs(selection: CandidateSelection): Float64Array
  /** What a step takes in ms with a candidate, by scenario; 0 where it does not run. Kept: not to be written to. */
  durations(step: number, candidate: number): Float64Array
}

export interface ScenarioOptions {
  /** By step index; every step runs once where absent. */
  readonly unfoldings?: readonly StepUnfolding[]
  /**
   * Sd of ln f of one factor f of median 1 that multiplies all times of a scenario: what the sizes of a run's inputs have
   * in common. Default 0.
   */
  readonly runLogSd?: number
}

/**
 * The scenarios of a problem. A step's column is sampled when a plan first uses its candidate, about 20 ns a scenario and
 * part, and kept: 8 bytes a scenario and candidate.
 */
export function scenariosOf(problem: UncertainProblem, table: RandomTable, options: ScenarioOptions = {}): Scenarios {
  const { graph, steps } = problem
  const columns = options.unfoldings === undefined ? null : occurrenceColumns(options.unfoldings, table)
  const source: Source = { problem, table, columns, factor: runFactor(table, steps.length, options.runLogSd ?? 0) }
  const times = steps.map(() => new Map<number, Float64Array>())
  const costs = steps.map(() => new Map<number, Float64Array>())
  const durations = (step: number, candidate: number): Float64Array =>
    kept(times[step]!, candidate, () => timeColumn(source, step, candidate))
  return {
    count: table.scenarios,
    durations,
    latencies: (selection) =>
      maxPlus(
        graph.parents,
        steps.map((_, i) => durations(i, selection[i]!)),
        table.scenarios,
      ),
    costs: (selection) => {
      const sum = new Float64Array(table.scenarios)
      for (let i = 0; i < steps.length; i++) {
        const candidate = selection[i]!
        addTo(
          sum,
          kept(costs[i]!, candidate, () => costColumn(source, i, candidate)),
        )
      }
      return sum
    },
  }
}

interface Source {
  readonly problem: UncertainProblem
  readonly table: RandomTable
  readonly columns: readonly OccurrenceColumn[] | null
  /** By scenario; null where all are 1. */
  readonly factor: Float64Array | null
}

function runFactor(table: RandomTable, steps: number, logSd: number): Float64Array | null {
  if (!(logSd > 0)) return null
  return table.uniforms(steps, COST_PART).map((u) => Math.exp(logSd * normalQuantile(u)))
}

function kept(memo: Map<number, Float64Array>, key: number, make: () => Float64Array): Float64Array {
  const known = memo.get(key)
  if (known !== undefined) return known
  const made = make()
  memo.set(key, made)
  return made
}

function timeColumn({ problem, table, columns, factor }: Source, step: number, candidate: number): Float64Array {
  const into = new Float64Array(table.scenarios)
  for (const { tasks, scenarios } of byTasks(columns?.[step], table.scenarios)) {
    const { time } = problem.steps[step]!.estimate(candidate, tasks)
    for (let run = 0; run < mostExecutions(columns?.[step]); run++) {
      const runs = scenarios.filter((s) => executionsAt(columns?.[step], s) > run)
      addTime(into, runs, { time, table, column: step + run * problem.steps.length })
    }
  }
  if (factor !== null) for (let s = 0; s < into.length; s++) into[s]! *= factor[s]!
  return into
}

/** Costs are drawn as lognormal ones of their mean and sd, by a column of their own. */
function costColumn({ problem, table, columns }: Source, step: number, candidate: number): Float64Array {
  const into = new Float64Array(table.scenarios)
  for (const { tasks, scenarios } of byTasks(columns?.[step], table.scenarios)) {
    const { costUsd } = problem.steps[step]!.estimate(candidate, tasks)
    for (let run = 0; run < mostExecutions(columns?.[step]); run++) {
      const uniforms = table.uniforms(step + run * problem.steps.length, COST_PART)
      for (const s of scenarios) if (executionsAt(columns?.[step], s) > run) into[s]! += costAt(costUsd, uniforms[s]!)
    }
  }
  return into
}

/** The lognormal cost at a level. */
function costAt({ mean, sd }: CostMoments, u: number): number {
  if (!(mean > 0) || !(sd > 0)) return mean
  const variance = Math.log1p((sd / mean) ** 2)
  return mean * Math.exp(Math.sqrt(variance) * normalQuantile(u) - variance / 2)
}

/** Scenarios by their count of tasks. */
function byTasks(
  column: OccurrenceColumn | undefined,
  count: number,
): { readonly tasks: number | undefined; readonly scenarios: Int32Array }[] {
  const all = Int32Array.from({ length: count }, (_, s) => s)
  const tasks = column?.tasks ?? null
  if (tasks === null) return [{ tasks: undefined, scenarios: all }]
  return [...new Set(tasks)].map((value) => ({ tasks: value, scenarios: all.filter((s) => tasks[s] === value) }))
}

function mostExecutions(column: OccurrenceColumn | undefined): number {
  return column === undefined ? 1 : column.executions.reduce((most, value) => Math.max(most, value), 0)
}

function executionsAt(column: OccurrenceColumn | undefined, scenario: number): number {
  return column === undefined ? 1 : column.executions[scenario]!
}

interface Draw {
  readonly time: StepTime
  readonly table: RandomTable
  /** Step index of the columns in the table. */
  readonly column: number
}

/** Adds one execution in those scenarios, part by part. */
function addTime(into: Float64Array, scenarios: Int32Array, { time, table, column }: Draw): void {
  for (const [part, { distribution, instances = 1, commonShare = 0 }] of partsOf(time).entries()) {
    const levels = at(table.levels({ step: column, part, instances, commonShare }), scenarios)
    const times = sampleColumn(distribution, levels)
    for (let k = 0; k < scenarios.length; k++) into[scenarios[k]!]! += times[k]!
  }
}

function partsOf(time: StepTime): readonly StepPart[] {
  return "logMs" in time ? [{ distribution: time }] : time
}

/** The levels of some scenarios; the column itself where they are all. */
function at(column: LevelColumn, scenarios: Int32Array): LevelColumn {
  if (scenarios.length === column.z.length) return column
  return {
    z: Float64Array.from(scenarios, (s) => column.z[s]!),
    logSurvival: Float64Array.from(scenarios, (s) => column.logSurvival[s]!),
  }
}

/** End of the last step in every scenario: a step starts when its last parent ends. */
function maxPlus(
  parents: readonly (readonly number[])[],
  durations: readonly Float64Array[],
  count: number,
): Float64Array {
  const last = new Float64Array(count)
  const ends: Float64Array[] = []
  for (const [i, duration] of durations.entries()) {
    const end = new Float64Array(count)
    for (const parent of parents[i]!) raiseTo(end, ends[parent]!)
    addTo(end, duration)
    ends.push(end)
    raiseTo(last, end)
  }
  return last
}

function addTo(into: Float64Array, values: Float64Array): void {
  for (let s = 0; s < into.length; s++) into[s]! += values[s]!
}

function raiseTo(into: Float64Array, values: Float64Array): void {
  for (let s = 0; s < into.length; s++) if (values[s]! > into[s]!) into[s] = values[s]!
}
