// Steps of the generator with noise: lognormal bodies and Pareto tails on mapping delay, transfer and compute.
import type { Random } from "../../src/base/random.ts"
import { paretoOrder } from "../../src/optimization/pareto.ts"
import { searchSolver } from "../../src/optimization/uncertainty/search-solver.ts"
import type { SelectionSolver } from "../../src/optimization/uncertainty/selection-solver.ts"
import type { UncertainProblem, UncertainStep } from "../../src/optimization/uncertainty/uncertain-problem.ts"
import { type Distribution, PROBABILITIES } from "../../src/statistics/distribution.ts"
import { fromQuantiles, logNormal, momentsOf, quantile } from "../../src/statistics/quantile-table.ts"
import { mixture, scale } from "../../src/statistics/quantile-table-operations.ts"
import {
  type Axes,
  drawLaw,
  type Load,
  mappingS,
  MEDIUM_AXES,
  rawSpace,
  secondsPerTask,
  type StepLaw,
  tasksOf,
  TRANSFER_HEAVY,
  transferS,
  USD_PER_GB_SECOND,
  USD_PER_INSTANCE,
} from "./generator.ts"
import { chanceOf, type Family } from "./instances.ts"

/** Noise of one step by part, as factors of a median of 1. */
interface Noise {
  readonly shapes: readonly Distribution[]
  readonly moments: readonly { readonly mean: number; readonly sd: number }[]
}

/** An uncertain workflow; `quantileMs[part]` of a step's candidates is what sums of percentiles are made of. */
export interface UncertainInstance {
  readonly family: string
  readonly seed: number
  readonly problem: UncertainProblem
  /** By step: mapping delay, transfer and compute of a candidate, ms at the median. */
  readonly partsMs: readonly (readonly Float64Array[])[]
  readonly noise: readonly Noise[]
}

/** Share of times in the Pareto tail, by part. */
const TAIL_SHARES = [0.1, 0.1, 0.03] as const

/** Margins whose Pareto sets together are the candidates of a step. */
const CANDIDATE_KAPPAS = [0, 1.3, 3]

/** What plans every surrogate. */
export const bySearch: SelectionSolver = searchSolver()

export function uncertainInstance(
  family: Family,
  seed: number,
  { axes = MEDIUM_AXES, load = TRANSFER_HEAVY }: { readonly axes?: Axes; readonly load?: Load } = {},
): UncertainInstance {
  const chance = chanceOf(family, seed)
  const graph = family.graph(chance)
  const laws = graph.names.map(() => drawLaw(chance, load))
  const noise = laws.map(() => drawNoise(chance))
  const built = laws.map((law, i) => stepOf(law, noise[i]!, axes))
  return {
    family: family.name,
    seed,
    problem: { graph, steps: built.map(({ step }) => step) },
    partsMs: built.map(({ partsMs }) => partsMs),
    noise,
  }
}

/** Bodies of 12-15 % sd; a time of the tail is beyond the body's P90 by a Pareto factor of shape 3. */
function drawNoise(random: Random): Noise {
  const shapes = TAIL_SHARES.map((share) => {
    const body = logNormal(1, 0.12 + 0.03 * random.next(), 0)
    const from = quantile(body, 0.9)
    const tail = fromQuantiles(
      PROBABILITIES.map((p) => from * (1 - p) ** (-1 / 3)),
      { xi: 1 / 3, fromP: 0.99 },
    )
    return mixture([
      { weight: 1 - share, distribution: body },
      { weight: share, distribution: tail },
    ])
  })
  return { shapes, moments: shapes.map(momentsOf) }
}

function stepOf(
  law: StepLaw,
  noise: Noise,
  axes: Axes,
): { readonly step: UncertainStep; readonly partsMs: readonly Float64Array[] } {
  const { count, point } = rawSpace(law, axes)
  const all = configurations(law, axes, point.subarray(0, count))
  const moments = momentsOfAll(all, noise)
  const kept = candidates(moments)
  const pick = (from: Float64Array): Float64Array => Float64Array.from(kept, (k) => from[k]!)
  const partsMs = all.partsMs.map(pick)
  const [meanUsd, sdUsd] = [pick(moments.meanUsd), pick(moments.sdUsd)]
  const step: UncertainStep = {
    meanMs: pick(moments.meanMs),
    sdMs: pick(moments.sdMs),
    meanUsd,
    sdUsd,
    estimate: (k) => ({
      time: noise.shapes.map((shape, part) => ({ distribution: scale(shape, partsMs[part]![k]!) })),
      costUsd: { mean: meanUsd[k]!, sd: sdUsd[k]! },
    }),
  }
  return { step, partsMs }
}

interface Configurations {
  readonly partsMs: readonly Float64Array[]
  readonly instances: Float64Array
  /** Price of a ms of all instances. */
  readonly usdPerMs: Float64Array
}

function configurations(law: StepLaw, axes: Axes, points: Int32Array): Configurations {
  const { memoryMB, instances, processes } = axes
  const [mapping, transfer, compute] = [0, 0, 0].map(() => new Float64Array(points.length))
  const [used, usdPerMs] = [new Float64Array(points.length), new Float64Array(points.length)]
  points.forEach((point, k) => {
    const memory = memoryMB[Math.floor(point / (instances.length * processes.length))]!
    const p = instances[Math.floor(point / processes.length) % instances.length]!
    const q = processes[point % processes.length]!
    mapping![k] = 1000 * mappingS(law, p)
    transfer![k] = 1000 * transferS(law, memory, p)
    compute![k] = 1000 * (law.fixedS + secondsPerTask(law, memory, q) * tasksOf(law, p))
    used[k] = p
    usdPerMs[k] = (p * (memory / 1024) * USD_PER_GB_SECOND) / 1000
  })
  return { partsMs: [mapping!, transfer!, compute!], instances: used, usdPerMs }
}

interface AllMoments {
  readonly meanMs: Float64Array
  readonly sdMs: Float64Array
  readonly meanUsd: Float64Array
  readonly sdUsd: Float64Array
}

/** The papers bill the whole time of all instances. */
function momentsOfAll({ partsMs, instances, usdPerMs }: Configurations, { moments }: Noise): AllMoments {
  const meanMs = instances.map((_, k) => moments.reduce((sum, { mean }, part) => sum + mean * partsMs[part]![k]!, 0))
  const sdMs = instances.map((_, k) => Math.hypot(...moments.map(({ sd }, part) => sd * partsMs[part]![k]!)))
  return {
    meanMs,
    sdMs,
    meanUsd: meanMs.map((ms, k) => ms * usdPerMs[k]! + instances[k]! * USD_PER_INSTANCE),
    sdUsd: sdMs.map((ms, k) => ms * usdPerMs[k]!),
  }
}

function candidates({ meanMs, sdMs, meanUsd }: AllMoments): number[] {
  const kept = new Set<number>()
  for (const kappa of CANDIDATE_KAPPAS) {
    const latencyMs = meanMs.map((mean, k) => mean + kappa * sdMs[k]!)
    for (const k of paretoOrder({ count: latencyMs.length, latencyMs, costUsd: meanUsd })) kept.add(k)
  }
  return [...kept].sort((a, b) => a - b)
}

/** What is summed as a step's time: a level of each part, or null for its mean. */
export type PartLevels = readonly (number | null)[]

/** P90 of every part. */
export const P90_OF_ALL: PartLevels = [0.9, 0.9, 0.9]

/** StepConf's model: P90 of mapping delay and transfer, mean compute. */
export const STEPCONF_MODEL: PartLevels = [0.9, 0.9, null]

/** The best plan whose sums of those levels keep the deadline; null where there is none. */
export function planByLevels(instance: UncertainInstance, levels: PartLevels, sloMs: number): Int32Array | null {
  const { problem, partsMs, noise } = instance
  const pruned = problem.steps.map(({ meanUsd }, i) => {
    const factors = levels.map((level, part) => {
      const { shapes, moments } = noise[i]!
      return level === null ? moments[part]!.mean : quantile(shapes[part]!, level)
    })
    const latencyMs = meanUsd.map((_, k) => factors.reduce((sum, f, part) => sum + f * partsMs[i]![part]![k]!, 0))
    const order = paretoOrder({ count: latencyMs.length, latencyMs, costUsd: meanUsd })
    const pick = (from: Float64Array): Float64Array => Float64Array.from(order, (k) => from[k]!)
    return { order, curve: { latencyMs: pick(latencyMs), costUsd: pick(meanUsd) } }
  })
  const selection = bySearch(
    { graph: problem.graph, curves: pruned.map(({ curve }) => curve) },
    { kind: "cost", sloMs },
  )
  return selection?.map((entry, i) => pruned[i]!.order[entry]!) ?? null
}
