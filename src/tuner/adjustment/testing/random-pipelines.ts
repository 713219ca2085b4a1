import fc from "fast-check"
import type { Graph } from "../../../workflow/graph.ts"
import type { SizeCurve } from "../size-curve.ts"
import { type TunedPipeline, tunedPipeline, type TunedPipelineOptions } from "../tuned-pipeline.ts"

/** The 32 sizes of the paper. */
export const GRID: readonly number[] = Array.from({ length: 32 }, (_, i) => 128 * (i + 1))

const MB_PER_VCPU = 1769

/** Amdahl's law on shares of a vCPU. */
export function lawCurve(workMs: number, parallelShare: number, fixedMs: number = 20): SizeCurve {
  const ms = GRID.map((memoryMB) => {
    const u = memoryMB / MB_PER_VCPU
    return fixedMs + workMs * ((1 - parallelShare) / Math.min(1, u) + parallelShare / u)
  })
  return { memoryMB: GRID, ms: Float64Array.from(ms) }
}

/** What a random pipeline is made of. */
export interface RandomPipeline {
  readonly options: TunedPipelineOptions
  readonly pipeline: TunedPipeline
  readonly radius: number
}

interface RandomStep {
  readonly workMs: number
  readonly parallelShare: number
  readonly ratio: number
  readonly position: number
  /** From the last plan to the present size. */
  readonly off: number
  readonly floorMB: number
  readonly probability: number
  readonly parents: readonly boolean[]
}

const step = (index: number): fc.Arbitrary<RandomStep> =>
  fc.record({
    workMs: fc.double({ min: 5, max: 5_000, noNaN: true }),
    parallelShare: fc.double({ min: 0, max: 0.95, noNaN: true }),
    ratio: fc.double({ min: 0.3, max: 3, noNaN: true }),
    position: fc.integer({ min: 0, max: 31 }),
    off: fc.integer({ min: -4, max: 4 }),
    floorMB: fc.constantFrom(0, 200, 700),
    probability: fc.constantFrom(1, 1, 0.5, 0.1),
    parents: fc.array(fc.boolean(), { minLength: index, maxLength: index }),
  })

/** Pipelines of two to eight steps, whose sizes are up to four grid positions from their last plan. */
export const randomPipeline: fc.Arbitrary<RandomPipeline> = fc
  .tuple(fc.integer({ min: 2, max: 8 }), fc.integer({ min: 0, max: 6 }))
  .chain(([steps, radius]) =>
    fc.tuple(...Array.from({ length: steps }, (_, i) => step(i))).map((made) => randomOf(made, radius)),
  )

function randomOf(steps: readonly RandomStep[], radius: number): RandomPipeline {
  const names = steps.map((_, i) => `f${i}`)
  const graph = graphOf(names, steps)
  const each = <T>(of: (step: RandomStep) => T): ReadonlyMap<string, T> =>
    new Map(steps.map((step, i) => [names[i]!, of(step)]))
  const present = ({ position, off }: RandomStep): number => GRID[Math.min(31, Math.max(0, position + off))]!
  const options: TunedPipelineOptions = {
    graph,
    figures: each((one) => {
      const curve = lawCurve(one.workMs, one.parallelShare)
      const ownMs = one.ratio * curve.ms[GRID.indexOf(present(one))]!
      const { ratio, probability } = one
      return { ratio, ownMs, pathMs: ownMs + 15, waitMs: 0, initMs: 5, probability, invocations: 1 }
    }),
    curves: each(({ workMs, parallelShare }) => lawCurve(workMs, parallelShare)),
    sizes: each(present),
    neighbourhood: { centre: each(({ position }) => GRID[position]!), radius },
    floorMB: each(({ floorMB }) => floorMB),
    rates: { usdPerGbSecond: 1.66667e-5, usdPerRequest: 2e-7 },
    inExpectation: true,
  }
  return { options, pipeline: tunedPipeline(options), radius }
}

function graphOf(names: readonly string[], steps: readonly RandomStep[]): Graph {
  const parents = steps.map((step) => step.parents.flatMap((has, i) => (has ? [i] : [])))
  const children: number[][] = steps.map(() => [])
  for (const [child, list] of parents.entries()) for (const parent of list) children[parent]!.push(child)
  return { names, indexOf: new Map(names.map((name, i) => [name, i])), parents, children }
}
