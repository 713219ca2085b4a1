import { type Random, seededRandom } from "../../base/random.ts"
import type { SearchSpace } from "../searches/search-space.ts"
import type { Target } from "../search.ts"
import { solveContinuous } from "./continuous-solve.ts"
import { profileOf } from "./profile.ts"
import { type GridPoint, planOn, refine, roundedUp, type StageGrid } from "./rounding.ts"
import { evaluate, type SampledProgram, scenarioCount, type Stage } from "./sampled-program.ts"
import { drawScenario, fitStage } from "./stage-model.ts"

export interface JolteonOptions {
  readonly seed: number
  /**
   * `published`: Hoeffding's count of scenarios, all of which must hold; noise of the parameters alone; the bound is
   * relaxed by 20 % where the continuous program fails. `repaired` (default): the sharp count, the empirical quantile,
   * noise of the residuals too, nothing relaxed, and fits of relative errors: times of a grid span orders of magnitude.
   */
  readonly preset?: "published" | "repaired"
  /** Miss probability that is allowed for; default 0.05, and 1 - percentile for a planner. */
  readonly eps?: number
  /** Profiled runs per configuration; default 3. */
  readonly runs?: number
  /** At most so many scenarios; no limit where absent. */
  readonly mostScenarios?: number
}

export interface JolteonAnswer {
  /** Option of each step, by step index. */
  readonly selection: Int32Array
  /** By its own models: does the plan keep the bound, and was the bound relaxed to find it? */
  readonly believesFeasible: boolean
  readonly relaxed: boolean
  readonly scenarios: number
}

/** Confidence of the guarantee, and the plans that one step counts for in the union bound. */
const DELTA = 0.001
const PLANS_PER_STEP = 28
/** How much the published solver relaxes a bound that it cannot keep. */
const RELAXED = 1.2

/**
 * Jolteon (Zhang et al., NSDI 2024): phases of every stage fitted to a profile, a chance-constrained program over sampled
 * parameters solved in continuous instances and vCPUs, rounded up and refined on the grid. The profile is drawn from the
 * estimates. Least mean cost within a deadline, or least mean latency within a budget.
 */
export function jolteon(space: SearchSpace, target: Target, options: JolteonOptions): JolteonAnswer {
  const random = seededRandom(options.seed)
  const { preset = "repaired", eps = 0.05, mostScenarios = Infinity } = options
  const wanted = scenarioCount({
    logPlans: space.steps.length * Math.log(PLANS_PER_STEP),
    eps,
    delta: DELTA,
    bound: preset === "published" ? "hoeffding" : "all hold",
  })
  const scenarios = Math.min(mostScenarios, wanted)
  const grids = space.steps.map((step) => gridOf(space, step.configs))
  const stages = space.steps.map((_, i) => stageOf(space, i, { options, random, scenarios }))
  const mayMiss = preset === "published" ? 0 : eps
  const program = { graph: space.graph, stages, objective: target.objective, bound: target.bound, mayMiss }
  const solved = solve(program, grids, preset)
  return { ...solved, selection: selectionOf(space, grids, solved.point), scenarios }
}

interface Solved {
  readonly point: GridPoint
  readonly believesFeasible: boolean
  readonly relaxed: boolean
}

function solve(program: SampledProgram, grids: readonly StageGrid[], preset: "published" | "repaired"): Solved {
  const first = solveContinuous(program)
  const relaxed = !first.feasible && preset === "published"
  const last = relaxed ? solveContinuous({ ...program, bound: RELAXED * program.bound }) : first
  const bound = relaxed ? RELAXED * program.bound : program.bound
  const up = roundedUp(last.plan, grids)
  const start = firstFeasible(program, grids, { bound, points: [up, roundedDown(up), largest(grids)] })
  const refined = refine({ ...program, bound }, grids, start)
  return { point: refined.point, believesFeasible: refined.feasible, relaxed }
}

/** Rounding up may break a budget where rounding down keeps it. */
function roundedDown(point: GridPoint): GridPoint {
  return point.map((value) => Math.max(0, value - 1))
}

function largest(grids: readonly StageGrid[]): GridPoint {
  return grids.flatMap(({ d, k }) => [d.length - 1, k.length - 1])
}

function firstFeasible(
  program: SampledProgram,
  grids: readonly StageGrid[],
  { bound, points }: { readonly bound: number; readonly points: readonly GridPoint[] },
): GridPoint {
  return points.find((point) => evaluate(program, planOn(grids, point)).constraint <= bound) ?? points[0]!
}

function stageOf(
  space: SearchSpace,
  i: number,
  at: { readonly options: JolteonOptions; readonly random: Random; readonly scenarios: number },
): Stage {
  const { problem, frontiers } = space.choices
  const compiled = frontiers[i]!.space
  const { mbPerVcpu } = problem.limits
  const { configs } = space.steps[i]!
  const { runs = 3, preset = "repaired" } = at.options
  const residuals = preset === "published" ? "absolute" : "relative"
  const model = fitStage(profileOf(compiled, configs, { mbPerVcpu, runs, random: at.random }), residuals)
  const noise = preset === "published" ? "parameters" : "parameters and residuals"
  const grid = gridOf(space, configs)
  return {
    model,
    scenarios: Array.from({ length: at.scenarios }, () => drawScenario(model, at.random, noise)),
    usdPerVcpuTime: ((mbPerVcpu / 1024) * compiled.usdPerGbSecond) / 1000,
    usdPerInstance: compiled.usdPerRequest,
    least: { d: grid.d[0]!, k: grid.k[0]! },
    most: { d: grid.d.at(-1)!, k: grid.k.at(-1)! },
  }
}

function gridOf(space: SearchSpace, configs: SearchSpace["steps"][number]["configs"]): StageGrid {
  const { mbPerVcpu } = space.choices.problem.limits
  const ascending = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b)
  return {
    d: ascending(configs.map((config) => config.instances)),
    k: ascending(configs.map((config) => config.memoryMB)).map((memoryMB) => memoryMB / mbPerVcpu),
  }
}

/** The options at a point of the grids, or the nearest ones where the platform leaves holes. */
function selectionOf(space: SearchSpace, grids: readonly StageGrid[], point: GridPoint): Int32Array {
  const { mbPerVcpu } = space.choices.problem.limits
  const plan = planOn(grids, point)
  return Int32Array.from(space.steps, ({ configs }, i) => {
    const { d, k } = plan[i]!
    const distance = (option: number): number =>
      Math.abs(Math.log(configs[option]!.instances / d)) + Math.abs(Math.log(configs[option]!.memoryMB / mbPerVcpu / k))
    let best = 0
    for (let option = 1; option < configs.length; option++) if (distance(option) < distance(best)) best = option
    return best
  })
}
