// What planning again costs during a run: the relaxation from its last basis, and a whole new plan.
import { seededRandom } from "../../src/base/random.ts"
import { dualSimplex } from "../../src/optimization/dual/network-simplex.ts"
import type { CostCurve, SelectionProblem } from "../../src/optimization/selection-problem.ts"
import { solveDeadline } from "../../src/optimization/trimtab/solve.ts"
import { mean, sampleQuantile } from "../../src/statistics/order-statistics.ts"
import type { Bench } from "../bench.ts"
import { DAG16, type Family, instanceOf, random, sloOf } from "./instances.ts"
import { rounded, timed, timedLeast } from "./timing.ts"

const FACTORS = [1.2, 1.5, 2, 3]

/** A step ends this much before or after its prediction, uniformly. */
const DEVIATION = 0.1

const PASSES = 3

/** Times in microseconds are the least of so many: another process may have its turn within one. */
const REPEATS = 3

interface Times {
  /** Warm: the deadline changes by 2 %. */
  readonly deadlineUs: number[]
  readonly coldUs: number[]
  /** Warm: the first step has ended. */
  readonly stepUs: number[]
  readonly stepPivots: number[]
  /** Everything anew after the first step: relaxation, rounding, 30 nodes. */
  readonly fullUs: number[]
}

export const bench: Bench = ({ full }) => {
  const rows: unknown[] = []
  const byFamily = [DAG16, random(40), random(100), random(200)].map((family) => {
    const times = measure(family, Math.ceil((full ? 10 : 1) * Math.max(2, 400 / family.steps)))
    rows.push({
      table: "planning again",
      family: family.name,
      runs: times.stepUs.length,
      ...row("cold", times.coldUs),
      ...row("deadline", times.deadlineUs),
      ...row("step", times.stepUs),
      stepPivots: rounded(mean(times.stepPivots)),
      ...row("full", times.fullUs),
    })
    return times
  })
  const median = (values: readonly number[]): number => rounded(sampleQuantile(values, 0.5))
  const [of16, , of100, of200] = byFamily
  return Promise.resolve({
    summary: {
      replan16Us: median(of16!.stepUs),
      replan16P99Us: rounded(sampleQuantile(of16!.stepUs, 0.99)),
      replan16FullUs: median(of16!.fullUs),
      replan16FullP99Us: rounded(sampleQuantile(of16!.fullUs, 0.99)),
      replan100Us: median(of100!.stepUs),
      replan200Us: median(of200!.stepUs),
    },
    reasons: {},
    rows,
  })
}

function row(name: string, values: readonly number[]): Record<string, number> {
  return {
    [`${name}MedianUs`]: rounded(sampleQuantile(values, 0.5)),
    [`${name}P99Us`]: rounded(sampleQuantile(values, 0.99)),
  }
}

/** Only the last pass over the instances counts: those before warm the code. */
function measure(family: Family, seeds: number): Times {
  const instances = Array.from({ length: seeds }, (_, i) => instanceOf(family, i + 1))
  let times = emptyTimes()
  for (let pass = 0; pass < PASSES; pass++) {
    times = emptyTimes()
    for (const instance of instances) for (const factor of FACTORS) measureRun(instance, sloOf(instance, factor), times)
  }
  return times
}

function emptyTimes(): Times {
  return { deadlineUs: [], coldUs: [], stepUs: [], stepPivots: [], fullUs: [] }
}

function measureRun(problem: SelectionProblem, sloMs: number, times: Times): void {
  const chance = seededRandom(Math.round(sloMs))
  const dual = dualSimplex(problem)
  times.coldUs.push(1000 * timed(() => dual.optimize(sloMs)).ms)
  const basis = dual.saveBasis()
  times.deadlineUs.push(1000 * timed(() => dual.optimize(0.98 * sloMs)).ms)
  dual.restoreBasis(basis)
  dual.optimize(sloMs)
  const selection = solveDeadline(problem, sloMs, { effort: "default" })?.selection
  if (selection === undefined) throw new Error("a deadline above the fastest time can be kept")
  const ended = endedStep(problem, selection, 1 + DEVIATION * (2 * chance.next() - 1))
  let before = 0
  let ms = Infinity
  let outcome: ReturnType<typeof dual.optimize> = "stopped"
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    dual.setCurve(0, problem.curves[0]!)
    dual.restoreBasis(basis)
    dual.optimize(sloMs)
    before = dual.pivots()
    const warm = timed(() => {
      dual.setCurve(0, ended)
      return dual.optimize(sloMs)
    })
    outcome = warm.result
    ms = Math.min(ms, warm.ms)
  }
  if (outcome === "optimal") {
    times.stepUs.push(1000 * ms)
    times.stepPivots.push(dual.pivots() - before)
  }
  const rest = { graph: problem.graph, curves: problem.curves.with(0, ended) }
  times.fullUs.push(1000 * timedLeast(() => solveDeadline(rest, sloMs, { effort: "default" }), REPEATS).ms)
}

/** The first step has ended: one entry that takes what it took. */
function endedStep({ curves }: SelectionProblem, selection: Int32Array, factor: number): CostCurve {
  const { latencyMs, costUsd } = curves[0]!
  return {
    latencyMs: Float64Array.of(factor * latencyMs[selection[0]!]!),
    costUsd: Float64Array.of(factor * costUsd[selection[0]!]!),
  }
}
