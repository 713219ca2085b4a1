// Gap and time of our planner by family of workflows, against the best bound that any of its methods proves.
import { searchCost } from "../../src/optimization/branch-and-bound/search-cost.ts"
import { costScaling } from "../../src/optimization/dual/cost-scaling.ts"
import { expandSelection, kernelOf } from "../../src/optimization/frontier-merge/reduce.ts"
import type { SelectionProblem } from "../../src/optimization/selection-problem.ts"
import type { Effort } from "../../src/optimization/trimtab/effort.ts"
import { kernelFor, solveDeadline } from "../../src/optimization/trimtab/solve.ts"
import { mean, sampleQuantile } from "../../src/statistics/order-statistics.ts"
import type { Bench } from "../bench.ts"
import * as instances from "./instances.ts"
import { rounded, timedLeast } from "./timing.ts"

interface Found {
  readonly costUsd: number
  readonly lowerBound: number
}

interface Method {
  readonly name: string
  /** The largest workflow, in steps, on which it is measured by default and with `full`. */
  readonly upTo: number
  readonly applies?: (family: string) => boolean
  plan(problem: SelectionProblem, deadlineMs: number): Found | null
}

/** The time after which a search for 0.1 % gives up, ms: the share that is closed in it is a target. */
const CLOSE_WITHIN_MS = 2500

const METHODS: readonly Method[] = [
  { name: "fast", upTo: Infinity, plan: effort("fast") },
  { name: "default", upTo: Infinity, plan: effort("default") },
  { name: "exact", upTo: 16, plan: effort("exact") },
  { name: "0.1 %", upTo: 200, plan: closed },
  {
    name: "scaling 1 %",
    upTo: Infinity,
    applies: (family) => family.startsWith("layered"),
    plan: (problem, deadlineMs) => costScaling(problem, deadlineMs, { gap: 0.01 }),
  },
  {
    name: "frontier merge",
    upTo: Infinity,
    applies: (family) => family.startsWith("map-reduce"),
    plan: merged,
  },
]

interface Size {
  readonly families: readonly instances.Family[]
  readonly seeds: number
  readonly seedsInFull: number
  readonly factors: readonly number[]
  /** Steps of large workflows repeat these, or drawing them would take longer than planning. */
  readonly differentSteps: number
}

const SIZES: readonly Size[] = [
  size(instances.STEPCONF_FAMILIES, { seeds: 25, seedsInFull: 100 }),
  size([instances.random(16), instances.random(40)], { seeds: 10, seedsInFull: 100 }),
  size([instances.mapReduce(63), instances.random(100)], { seeds: 4, seedsInFull: 100 }),
  size([instances.random(200), instances.ladder(40), instances.chain(20)], { seeds: 3, seedsInFull: 100 }),
  size([instances.random(1000), instances.layered(32, 32), instances.mapReduce(1003)], {
    seeds: 1,
    seedsInFull: 10,
    factors: [1.2, 2],
    differentSteps: 1000,
  }),
  size(
    [
      instances.chain(10_000),
      instances.ladder(10_000),
      instances.layered(100, 100),
      instances.layered(20, 500),
      instances.layered(500, 20),
      instances.mapReduce(10_003),
    ],
    { seeds: 1, seedsInFull: 3, factors: [1.5], differentSteps: 1000 },
  ),
]

function size(families: readonly instances.Family[], rest: Pick<Size, "seeds" | "seedsInFull"> & Partial<Size>): Size {
  return { families, factors: instances.SLO_FACTORS, differentSteps: Infinity, ...rest }
}

interface Measured {
  readonly family: string
  readonly steps: number
  readonly seed: number
  readonly factor: number
  readonly method: string
  readonly gapPct: number
  /** Between the method's own bound and its own plan. */
  readonly ownGapPct: number
  /** The least of the repeats, and the first. */
  readonly ms: number
  readonly firstMs: number
}

/** Small workflows are planned several times: their plans take less than a turn of another process. */
const REPEATED_UP_TO = 16
const REPEATS = 3

export const bench: Bench = ({ full }) => {
  const measured: Measured[] = []
  const rows: unknown[] = []
  for (const of of SIZES)
    for (const family of of.families) {
      const own = measureFamily(family, of, full)
      measured.push(...own)
      rows.push(...rowsOf(family, of, { own, full }))
    }
  const of16 = measured.filter(({ family, method }) => method === "default" && ["ml", "vp", "dag16"].includes(family))
  const at = (steps: (n: number) => boolean): number[] =>
    measured.filter(({ method, steps: n }) => method === "default" && steps(n)).map(({ ms }) => ms)
  const gaps = of16.map(({ gapPct }) => gapPct)
  return Promise.resolve({
    summary: {
      gap16MeanPct: rounded(mean(gaps)),
      gap16WorstPct: rounded(Math.max(...gaps)),
      plan16P50Ms: rounded(
        sampleQuantile(
          at((n) => n <= 16),
          0.5,
        ),
      ),
      plan16P99Ms: rounded(
        sampleQuantile(
          at((n) => n <= 16),
          0.99,
        ),
      ),
      plan100Ms: rounded(
        sampleQuantile(
          at((n) => n === 100),
          0.5,
        ),
      ),
      plan1kMs: rounded(
        sampleQuantile(
          at((n) => n >= 1000 && n <= 1024),
          0.5,
        ),
      ),
      plan10kWorstMs: rounded(Math.max(...at((n) => n >= 10_000))),
    },
    reasons: {},
    rows,
  })
}

/** All methods on all instances of a family; the first instance is planned once more before, to warm the code. */
function measureFamily(family: instances.Family, of: Size, full: boolean): Measured[] {
  const options = full || of.differentSteps === Infinity ? {} : { differentSteps: of.differentSteps }
  const methods = METHODS.filter(({ upTo, applies }) => family.steps <= upTo && (applies?.(family.name) ?? true))
  const measured: Measured[] = []
  for (let seed = 1; seed <= (full ? of.seedsInFull : of.seeds); seed++) {
    const instance = instances.instanceOf(family, seed, options)
    if (seed === 1) warmUp(methods, instance)
    for (const factor of full ? instances.SLO_FACTORS : of.factors)
      measured.push(...measureAt(instance, factor, methods))
  }
  return measured
}

const WARM_UP_STEPS = 2000

/** Code is compiled after some hundred plans; large workflows compile it by themselves. */
function warmUp(methods: readonly Method[], instance: instances.Instance): void {
  const rounds = Math.floor(WARM_UP_STEPS / instance.curves.length)
  for (let round = 0; round < rounds; round++) {
    const factor = instances.SLO_FACTORS[round % instances.SLO_FACTORS.length]!
    for (const method of methods)
      if (method.name !== "exact" || round < 6) method.plan(instance, instances.sloOf(instance, factor))
  }
}

function measureAt(instance: instances.Instance, factor: number, methods: readonly Method[]): Measured[] {
  const deadlineMs = instances.sloOf(instance, factor)
  const found = methods.flatMap((method) => {
    const repeats = instance.curves.length <= REPEATED_UP_TO ? REPEATS : 1
    const { result, ms, firstMs } = timedLeast(() => method.plan(instance, deadlineMs), repeats)
    return result === null ? [] : [{ method: method.name, ms, firstMs, ...result }]
  })
  const bound = Math.max(...found.map(({ lowerBound }) => lowerBound))
  const { family, seed, curves } = instance
  return found.map(({ method, ms, firstMs, costUsd, lowerBound }) => ({
    family,
    seed,
    factor,
    method,
    ms,
    firstMs,
    steps: curves.length,
    gapPct: 100 * Math.max(0, costUsd / bound - 1),
    ownGapPct: 100 * Math.max(0, costUsd / lowerBound - 1),
  }))
}

function rowsOf(
  family: instances.Family,
  of: Size,
  { own, full }: { readonly own: readonly Measured[]; readonly full: boolean },
): unknown[] {
  return METHODS.flatMap(({ name }) => {
    const found = own.filter(({ method }) => method === name)
    if (found.length === 0) return []
    const [gaps, ownGaps] = [found.map(({ gapPct }) => gapPct), found.map(({ ownGapPct }) => ownGapPct)]
    const times = found.map(({ ms }) => ms)
    return [
      {
        table: "families",
        family: family.name,
        steps: family.steps,
        planner: name,
        seeds: new Set(found.map(({ seed }) => seed)).size,
        reduced: !full,
        slos: [...new Set(found.map(({ factor }) => factor))].join(" "),
        differentSteps: full ? family.steps : Math.min(family.steps, of.differentSteps),
        gapMeanPct: rounded(mean(gaps)),
        gapWorstPct: rounded(Math.max(...gaps)),
        provenMeanPct: rounded(mean(ownGaps)),
        provenWorstPct: rounded(Math.max(...ownGaps)),
        // Within 0.1 %, rounding aside.
        closedShare: rounded(mean(ownGaps.map((gap) => (gap <= 0.1 * (1 + 1e-6) ? 1 : 0)))),
        p50Ms: rounded(sampleQuantile(times, 0.5)),
        p99Ms: rounded(sampleQuantile(times, 0.99)),
        worstMs: rounded(Math.max(...times)),
        p99OnceMs: rounded(
          sampleQuantile(
            found.map(({ firstMs }) => firstMs),
            0.99,
          ),
        ),
      },
    ]
  })
}

function effort(name: Effort): Method["plan"] {
  return (problem, deadlineMs) => {
    const solved = solveDeadline(problem, deadlineMs, { effort: name })
    return solved === null ? null : { costUsd: costOf(problem, solved.selection), lowerBound: solved.lowerBound }
  }
}

/** Branch and bound until 0.1 % is proven or its time is over. */
function closed(problem: SelectionProblem, deadlineMs: number): Found | null {
  const kernel = kernelFor(problem)
  const endMs = performance.now() + CLOSE_WITHIN_MS
  const shouldStop = (): boolean => performance.now() > endMs
  const found = searchCost(kernel.problem, deadlineMs, { maxNodes: 1e6, gap: 1e-3, shouldStop })
  return found === null ? null : { costUsd: found.costUsd, lowerBound: found.lowerBound / kernel.error }
}

/** Pairs of entries that the exact merge may try in one series merge. */
const MERGE_PAIRS = 20_000_000

function merged(problem: SelectionProblem, deadlineMs: number): Found | null {
  const kernel = kernelOf(problem, MERGE_PAIRS)
  const node = kernel.nodes[0]!
  const entry = kernel.nodes.length === 1 ? node.latencyMs.findLastIndex((ms) => ms <= deadlineMs * (1 + 1e-9)) : -1
  if (entry < 0) return null
  const selection = expandSelection(kernel, Int32Array.of(entry), problem.curves.length)
  return { costUsd: costOf(problem, selection), lowerBound: node.costUsd[entry]! / kernel.error }
}

function costOf({ curves }: SelectionProblem, selection: ArrayLike<number>): number {
  return curves.reduce((sum, curve, i) => sum + curve.costUsd[selection[i]!]!, 0)
}
