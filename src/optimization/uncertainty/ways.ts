import { type BranchRule, holdsAt, type Intervals, intersection, measure } from "./conditions.ts"

/** Draws that must lie in these intervals for a step to run; none: it runs whatever is drawn. */
export type Way = ReadonlyMap<string, Intervals>

/** A step runs where one of its ways holds. No way: it never runs. */
export type Ways = readonly Way[]

export const ALWAYS: Ways = [new Map()]

/** So many ways are kept apart; a step with more counts as one that always runs. */
const MOST_WAYS = 32

/** So many cells of the draws are looked at for an exact probability; beyond, the sum of the ways bounds it. */
const MOST_CELLS = 4096

/** Both hold. */
export function both(a: Ways, b: Ways): Ways {
  return bounded(a.flatMap((one) => b.flatMap((other) => together(one, other))))
}

/** One of them holds. */
export function either(all: readonly Ways[]): Ways {
  return bounded(all.flat())
}

export function wayOf({ draw, holds }: BranchRule): Ways {
  return measure(holds) === 0 ? [] : [new Map([[draw, holds]])]
}

/** Whether one of the ways holds for these draws. */
export function runs(ways: Ways, drawn: (draw: string) => number): boolean {
  return ways.some((way) => [...way].every(([draw, intervals]) => holdsAt(intervals, drawn(draw))))
}

/** Chance that a way holds, draws being independent and uniform in [0, 1). */
export function probabilityOf(ways: Ways): number {
  if (ways.some((way) => way.size === 0)) return 1
  const edges = edgesOf(ways)
  const cells = [...edges.values()].reduce((product, { length }) => product * (length - 1), 1)
  if (cells > MOST_CELLS)
    return Math.min(
      1,
      ways.reduce((sum, way) => sum + chanceOf(way), 0),
    )
  return sumOverCells(ways, [...edges], new Map())
}

function chanceOf(way: Way): number {
  return [...way.values()].reduce((product, intervals) => product * measure(intervals), 1)
}

/** Where some way changes its mind, by draw, ascending, with 0 and 1. */
function edgesOf(ways: Ways): ReadonlyMap<string, readonly number[]> {
  const edges = new Map<string, Set<number>>()
  for (const [draw, intervals] of ways.flatMap((way) => [...way])) {
    const own = edges.get(draw) ?? new Set([0, 1])
    for (const edge of intervals.flat()) own.add(edge)
    edges.set(draw, own)
  }
  return new Map([...edges].map(([draw, own]) => [draw, [...own].sort((a, b) => a - b)]))
}

function sumOverCells(
  ways: Ways,
  [first, ...rest]: readonly (readonly [string, readonly number[]])[],
  at: Map<string, number>,
): number {
  if (first === undefined) return runs(ways, (draw) => at.get(draw)!) ? 1 : 0
  const [draw, edges] = first
  let sum = 0
  for (let i = 0; i + 1 < edges.length; i++) {
    at.set(draw, (edges[i]! + edges[i + 1]!) / 2)
    sum += (edges[i + 1]! - edges[i]!) * sumOverCells(ways, rest, at)
  }
  return sum
}

function together(a: Way, b: Way): Way[] {
  const way = new Map(a)
  for (const [draw, intervals] of b) {
    const common = intersection(way.get(draw) ?? [[0, 1]], intervals)
    if (measure(common) === 0) return []
    way.set(draw, common)
  }
  return [way]
}

/** Alternatives that leave nothing out are one way that asks for nothing; too many are taken for that. */
function bounded(ways: Ways): Ways {
  if (ways.length === 0) return ways
  if (ways.some((way) => way.size === 0) || ways.length > MOST_WAYS || probabilityOf(ways) >= 1 - 1e-12) return ALWAYS
  return ways
}
