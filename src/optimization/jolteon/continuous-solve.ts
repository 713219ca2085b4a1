import { schedule } from "../../workflow/critical-path.ts"
import { evaluate, type Outcome, type SampledProgram, type Stage } from "./sampled-program.ts"
import { columnsAt, phasesTime, type StagePoint } from "./stage-model.ts"

export interface ContinuousSolution {
  readonly plan: readonly StagePoint[]
  readonly outcome: Outcome
  readonly feasible: boolean
}

const ITERATIONS = 160
/** Steps of ln d and ln k, first and last. */
const FIRST_STEP = 0.15
const LAST_STEP = 0.005
/** Weight of the squared logarithm of an overrun, and how often the multiplier follows it. */
const PENALTY = 40
const MULTIPLIER_EVERY = 8
/** Scenarios that stand for the gradient of the mean, and those nearest to the constraint's quantile for its own. */
const GRADIENT_SCENARIOS = 24
/** Half the width of the difference quotients, in logarithms. */
const DELTA = 0.02
/** Overruns that count as none. */
const TOLERANCE = 1e-6

/**
 * Solves the program over continuous d and k inside their ranges, from their middle: an augmented Lagrangian in
 * the logarithms of all variables, minimised by Adam (Jolteon uses SLSQP). Gradients are difference quotients of single
 * stages along the critical path of a few scenarios. Returns the best feasible point seen, else the one nearest to it.
 */
export function solveContinuous(program: SampledProgram): ContinuousSolution {
  const { stages, bound } = program
  const ranges = stages.flatMap(({ least, most }) => [
    { low: Math.log(least.d), high: Math.log(most.d) },
    { low: Math.log(least.k), high: Math.log(most.k) },
  ])
  const x = Float64Array.from(ranges, ({ low, high }) => (low + high) / 2)
  const [first, second] = [new Float64Array(x.length), new Float64Array(x.length)]
  let multiplier = 1
  let best: ContinuousSolution | null = null
  for (let step = 0; step < ITERATIONS; step++) {
    const plan = planAt(x)
    const found = evaluate(program, plan)
    const overrun = Math.log(found.constraint / bound)
    best = better(best, { plan, outcome: found, feasible: overrun <= TOLERANCE })
    if (step % MULTIPLIER_EVERY === 0) multiplier = Math.max(0, multiplier + PENALTY * overrun)
    const weight = Math.max(0, multiplier + PENALTY * overrun)
    const slope = gradient(program, { plan, constraints: found.constraints, found, weight })
    const rate = FIRST_STEP * (LAST_STEP / FIRST_STEP) ** (step / ITERATIONS)
    for (const [i, { low, high }] of ranges.entries()) {
      first[i] = 0.8 * first[i]! + 0.2 * slope[i]!
      second[i] = 0.95 * second[i]! + 0.05 * slope[i]! ** 2
      const move = first[i] / (1 - 0.8 ** (step + 1)) / (Math.sqrt(second[i] / (1 - 0.95 ** (step + 1))) + 1e-9)
      x[i] = Math.min(high, Math.max(low, x[i]! - rate * move))
    }
  }
  return best!
}

function planAt(x: Float64Array): StagePoint[] {
  return Array.from({ length: x.length / 2 }, (_, i) => ({ d: Math.exp(x[2 * i]!), k: Math.exp(x[2 * i + 1]!) }))
}

function better(best: ContinuousSolution | null, found: ContinuousSolution): ContinuousSolution {
  if (best === null || (found.feasible && !best.feasible)) return found
  if (best.feasible !== found.feasible) return best
  const side = found.feasible ? "objective" : "constraint"
  return found.outcome[side] < best.outcome[side] ? found : best
}

/** Of ln objective + weight * ln constraint by ln d and ln k of every stage. */
function gradient(
  program: SampledProgram,
  at: {
    readonly plan: readonly StagePoint[]
    readonly constraints: Float64Array
    readonly found: Outcome
    readonly weight: number
  },
): Float64Array {
  const count = at.constraints.length
  const stride = Math.max(1, Math.floor(count / GRADIENT_SCENARIOS))
  const spread = Array.from({ length: Math.ceil(count / stride) }, (_, i) => i * stride)
  const distance = (s: number): number => Math.abs(at.constraints[s]! - at.found.constraint)
  const nearest = [...at.constraints.keys()].sort((a, b) => distance(a) - distance(b)).slice(0, GRADIENT_SCENARIOS)
  const { objective } = program
  const slope = slopeOf(program, { plan: at.plan, scenarios: spread, side: objective })
  const other = slopeOf(program, {
    plan: at.plan,
    scenarios: nearest,
    side: objective === "cost" ? "latency" : "cost",
  })
  return slope.map((value, i) => value / at.found.objective + (at.weight * other[i]!) / at.found.constraint)
}

/** Mean derivative over scenarios of the latency or the cost by ln d and ln k of every stage. */
function slopeOf(
  program: SampledProgram,
  at: {
    readonly plan: readonly StagePoint[]
    readonly scenarios: readonly number[]
    readonly side: "latency" | "cost"
  },
): Float64Array {
  const { stages } = program
  const slope = new Float64Array(2 * stages.length)
  for (const s of at.scenarios) {
    const counted = at.side === "cost" ? stages.map((_, i) => i) : criticalStages(program, at.plan, s)
    for (const i of counted) {
      const value = (d: number, k: number): number => sideOf(stages[i]!, s, { side: at.side, point: { d, k } })
      const { d, k } = at.plan[i]!
      const up = Math.exp(DELTA)
      slope[2 * i]! += (value(d * up, k) - value(d / up, k)) / (2 * DELTA * at.scenarios.length)
      slope[2 * i + 1]! += (value(d, k * up) - value(d, k / up)) / (2 * DELTA * at.scenarios.length)
    }
  }
  return slope
}

function sideOf(
  stage: Stage,
  s: number,
  { side, point }: { readonly side: "latency" | "cost"; readonly point: StagePoint },
): number {
  const time = phasesTime(columnsAt(stage.model, point), stage.scenarios[s]!)
  return side === "latency" ? time : point.d * (point.k * time * stage.usdPerVcpuTime + stage.usdPerInstance)
}

function criticalStages({ graph, stages }: SampledProgram, plan: readonly StagePoint[], s: number): number[] {
  const durations = stages.map(
    ({ model, scenarios }, i) => scenarios[s]!.cold + phasesTime(columnsAt(model, plan[i]!), scenarios[s]!),
  )
  const { end, tail, length } = schedule(graph, durations)
  return stages.flatMap((_, i) => (end[i]! + tail[i]! >= length * (1 - 1e-9) ? [i] : []))
}
