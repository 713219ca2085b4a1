// The claim before StepConf's eq. (13): configurations near the most cost-effective one are cost-effective too.
import { seededRandom } from "../../src/base/random.ts"
import { sampleQuantile } from "../../src/statistics/order-statistics.ts"
import type { BenchResult } from "../bench.ts"
import { curveOf, drawLaw, MEDIUM_AXES, rawSpace } from "./generator.ts"

/** What "near" may mean: one step on each axis of the space, or a time within so much of the best one's. */
const TIME_FACTORS: readonly number[] = [1.1, 1.25, 1.5, 2]

/**
 * c*t of near configurations over the least c*t, on steps drawn at random. On the frontier the ratio is what a sub-SLO
 * costs that misses t(theta*) by the factor; in the space it is what any configuration one step away costs.
 */
export function costEffectiveness(steps: number): Pick<BenchResult, "summary" | "rows"> {
  const random = seededRandom(13)
  const neighbours: number[] = []
  const any: number[] = []
  const onFrontier = TIME_FACTORS.map((): number[] => [])
  for (let step = 0; step < steps; step++) {
    const law = drawLaw(random)
    const space = inSpace(law)
    neighbours.push(...space.neighbours)
    any.push(...space.any)
    for (const [i, ratios] of alongFrontier(law).entries()) onFrontier[i]!.push(...ratios)
  }
  const row = (near: string, ratios: readonly number[]): Record<string, unknown> => ({
    table: "claim before eq. (13): c*t over the least c*t",
    near,
    median: rounded(sampleQuantile(ratios, 0.5)),
    p90: rounded(sampleQuantile(ratios, 0.9)),
    max: rounded(ratios.reduce((a, b) => Math.max(a, b), 0)),
    configurations: ratios.length,
  })
  return {
    summary: {
      costEffectiveNeighbourMedian: rounded(sampleQuantile(neighbours, 0.5)),
      costEffectiveAnyMedian: rounded(sampleQuantile(any, 0.5)),
    },
    rows: [
      row("one step of memory, instances and processes", neighbours),
      row("any configuration", any),
      ...TIME_FACTORS.map((factor, i) => row(`frontier, time within x${factor}`, onFrontier[i]!)),
    ],
  }
}

type Law = ReturnType<typeof drawLaw>

function inSpace(law: Law): { readonly neighbours: number[]; readonly any: number[] } {
  const { count, latencyMs, costUsd, point } = rawSpace(law, MEDIUM_AXES)
  const product = (i: number): number => latencyMs[i]! * costUsd[i]!
  let best = 0
  for (let i = 1; i < count; i++) if (product(i) < product(best)) best = i
  const [m, p, q] = axesOf(point[best]!)
  const neighbours: number[] = []
  const any: number[] = []
  for (let i = 0; i < count; i++) {
    if (i === best) continue
    const ratio = product(i) / product(best)
    const [otherM, otherP, otherQ] = axesOf(point[i]!)
    if (Math.max(Math.abs(otherM - m), Math.abs(otherP - p), Math.abs(otherQ - q)) <= 1) neighbours.push(ratio)
    if (i % 97 === 0) any.push(ratio)
  }
  return { neighbours, any }
}

/** Indices of memory, instances and processes. */
function axesOf(point: number): readonly [number, number, number] {
  const { instances, processes } = MEDIUM_AXES
  const rest = Math.floor(point / processes.length)
  return [Math.floor(rest / instances.length), rest % instances.length, point % processes.length]
}

/** Ratios of the frontier's entries by the factor between their time and the best one's. */
function alongFrontier(law: Law): number[][] {
  const { latencyMs, costUsd } = curveOf(law, MEDIUM_AXES)
  const products = latencyMs.map((ms, i) => ms * costUsd[i]!)
  const best = products.indexOf(products.reduce((a, b) => Math.min(a, b)))
  return TIME_FACTORS.map((factor) =>
    [...products.keys()]
      .filter((i) => i !== best && Math.abs(Math.log(latencyMs[i]! / latencyMs[best]!)) <= Math.log(factor))
      .map((i) => products[i]! / products[best]!),
  )
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
