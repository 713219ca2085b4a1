import { mean } from "../statistics/order-statistics.ts"
import { spreadOf, type Spread } from "../statistics/spread.ts"
import type { Policy } from "../optimization/policy.ts"
import { simulate, type SimulatedRun, type SimulateOptions } from "./simulate.ts"
import { attainmentOf, type Attainment } from "./simulation-summary.ts"
import { openWorld, type WorldOptions } from "./world.ts"

/** A strategy that takes part: who decides, made when its turn comes. */
export interface Contender {
  readonly name: string
  readonly kind: "online" | "static" | "search"
  /** @throws where it finds no plan: it is out, with the reason */
  readonly create: () => Policy
}

/** How a strategy came out. */
export interface ArenaRow {
  readonly name: string
  readonly kind: Contender["kind"]
  /** Why it did not play. */
  readonly out: string | null
  readonly attainment: Attainment
  readonly latencyMs: Spread
  readonly costUsd: Spread
  /** Mean cost against that of the first strategy that played, run by run: a share, with its interval at 95 %. */
  readonly costOverFirst: { readonly mean: number; readonly low: number; readonly high: number } | null
  readonly coldShare: number
  readonly queueMs: number
  readonly prewarmUsd: number
  /** Runs whose goal was out of reach at some decision. */
  readonly infeasible: number
}

export interface ArenaOptions extends Omit<SimulateOptions, "world" | "onProgress"> {
  readonly contenders: readonly Contender[]
  readonly worldOf: Omit<WorldOptions, "policyFor">
  readonly onProgress?: (progress: {
    readonly contender: string
    /** Contenders that have played. */
    readonly played: number
    readonly ended: number
  }) => void
}

/**
 * Every strategy plays the same runs: the same arrivals, goals and chance, since what is drawn for an invocation hangs on
 * the seed and its key alone (common random numbers). Differences are therefore told run by run.
 */
export async function playArena(options: ArenaOptions): Promise<readonly ArenaRow[]> {
  const rows: ArenaRow[] = []
  let first: readonly SimulatedRun[] | null = null
  for (const [played, contender] of options.contenders.entries()) {
    options.signal?.throwIfAborted()
    const policy = made(contender)
    if (typeof policy === "string") {
      rows.push(outRow(contender, policy, options.goal.percentile))
      continue
    }
    const runs = await playOne(options, { contender, policy, played })
    first ??= runs
    rows.push(rowOf(contender, runs, first, options))
  }
  return rows
}

function made({ create }: Contender): Policy | string {
  try {
    return create()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

interface Turn {
  readonly contender: Contender
  readonly policy: Policy
  readonly played: number
}

async function playOne(options: ArenaOptions, { contender, policy, played }: Turn): Promise<readonly SimulatedRun[]> {
  const { contenders: _, worldOf, onProgress, ...rest } = options
  const world = await openWorld({ ...worldOf, policyFor: () => policy })
  try {
    const { runs } = await simulate({
      ...rest,
      world,
      onProgress: ({ ended }) => onProgress?.({ contender: contender.name, played, ended }),
    })
    return runs
  } finally {
    await world.close()
  }
}

function rowOf(
  { name, kind }: Contender,
  runs: readonly SimulatedRun[],
  first: readonly SimulatedRun[],
  { goal }: ArenaOptions,
): ArenaRow {
  const sum = (of: (run: SimulatedRun) => number): number => runs.reduce((total, run) => total + of(run), 0)
  return {
    name,
    kind,
    out: null,
    attainment: attainmentOf(runs, goal),
    latencyMs: spreadOf(runs.map((run) => run.latencyMs)),
    costUsd: spreadOf(runs.map((run) => run.costUsd)),
    costOverFirst: runs === first ? null : costOver(runs, first),
    coldShare:
      sum((run) => run.coldStarts) /
      Math.max(
        1,
        sum((run) => run.invocations),
      ),
    queueMs: sum((run) => run.queueMs) / Math.max(1, runs.length),
    prewarmUsd: sum((run) => run.prewarmUsd),
    infeasible: runs.filter((run) => run.infeasible).length,
  }
}

/** Normal quantile of a two-sided interval at 95 %. */
const Z95 = 1.96

/** Mean of the differences of equal runs over the mean cost of the first; the interval is that of the mean difference. */
function costOver(runs: readonly SimulatedRun[], first: readonly SimulatedRun[]): ArenaRow["costOverFirst"] {
  const pairs = Math.min(runs.length, first.length)
  const base = mean(first.slice(0, pairs).map((run) => run.costUsd))
  if (pairs < 2 || base === 0) return null
  const differences = Array.from({ length: pairs }, (_, i) => runs[i]!.costUsd - first[i]!.costUsd)
  const centre = mean(differences)
  const variance = differences.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (pairs - 1)
  const half = Z95 * Math.sqrt(variance / pairs)
  return { mean: centre / base, low: (centre - half) / base, high: (centre + half) / base }
}

function outRow({ name, kind }: Contender, out: string, wanted: number): ArenaRow {
  const nothing = spreadOf([])
  return {
    name,
    kind,
    out,
    attainment: { share: 0, low: 0, high: 1, wanted },
    latencyMs: nothing,
    costUsd: nothing,
    costOverFirst: null,
    coldShare: 0,
    queueMs: 0,
    prewarmUsd: 0,
    infeasible: 0,
  }
}

/**
 * The order of a leaderboard: strategies that attain the goal by what they cost, then those that do not by how often they
 * do, then those that did not play. A strategy attains it unless its whole interval lies below what is wanted.
 */
export function leaderboard(rows: readonly ArenaRow[], goal: SimulateOptions["goal"]): readonly ArenaRow[] {
  const rank = (row: ArenaRow): number => (row.out !== null ? 2 : attains(row) ? 0 : 1)
  const objective = (row: ArenaRow): number => (goal.kind === "cost" ? row.costUsd.mean : row.latencyMs.mean)
  return rows.toSorted(
    (a, b) =>
      rank(a) - rank(b) || (rank(a) === 1 ? b.attainment.share - a.attainment.share : 0) || objective(a) - objective(b),
  )
}

export function attains({ attainment }: Pick<ArenaRow, "attainment">): boolean {
  return attainment.high >= attainment.wanted
}
