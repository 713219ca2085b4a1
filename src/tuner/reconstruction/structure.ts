import { lagsOf, type Lag } from "./lags.ts"
import type { SpanTable } from "./spans.ts"

/** What the steps wait for, by row of the table. */
export interface Structure {
  /** Rows in topological order. */
  readonly order: readonly number[]
  /** All that a row was seen to wait for directly, those included that a longer way implies. */
  readonly waitsFor: readonly (readonly Wait[])[]
  /** Without what a longer way implies: the DAG. */
  readonly parents: readonly (readonly Wait[])[]
  /** From the end of what a row waited for to its request, at the least, ms. */
  readonly gapMs: readonly number[]
  readonly toleranceMs: number
}

export interface Wait {
  readonly from: number
  /** Runs in which the row began right when `from` ended, and nothing sharper explains it. 0: assumed. */
  readonly evidence: number
}

/** A row begins this much before the end of another, ms: it did not wait for it. Instants are rounded. */
const BEFORE_MS = 5

/**
 * The DAG of a span table on one clock. Pairs are taken by their sharpness: `to` waits for `from` if it never begins
 * before the end of `from`, begins right at it in some runs that nothing taken before explains, and no cycle arises. All
 * that a row waits for lets it begin after the same least gap, which chance does not match. O(rows^2 * runs).
 *
 * `callerOf`: the row that calls a row and waits for it, or null; only rows of one caller wait for each other.
 */
export function structureOf(table: SpanTable, callerOf: readonly (number | null)[]): Structure {
  const { lags, toleranceMs } = lagsOf(table)
  const growing = new Growing(table, toleranceMs)
  const inOrder = lags
    .filter(({ from, to, lowMs }) => lowMs >= -BEFORE_MS && callerOf[from] === callerOf[to])
    .sort((a, b) => b.sharpness - a.sharpness || a.lowMs - b.lowMs)
  for (const lag of inOrder) growing.consider(lag)
  growing.assumeJoins(inOrder, callerOf)
  return growing.finished(callerOf)
}

class Growing {
  readonly #table: SpanTable
  readonly #toleranceMs: number
  readonly #waits: Wait[][]
  readonly #gapMs: number[]
  /** Runs in which a row's beginning is explained. */
  readonly #explained: Uint8Array[]

  constructor(table: SpanTable, toleranceMs: number) {
    this.#table = table
    this.#toleranceMs = toleranceMs
    this.#waits = table.names.map(() => [])
    this.#gapMs = table.names.map(() => 0)
    this.#explained = table.names.map(() => new Uint8Array(table.runs))
  }

  consider({ from, to, lowMs }: Lag): void {
    const waits = this.#waits[to]!
    const isFirst = waits.length === 0
    if (!isFirst && Math.abs(lowMs - this.#gapMs[to]!) > this.#toleranceMs) return
    if (this.#reaches(to, from)) return
    const limitMs = (isFirst ? lowMs : Math.min(lowMs, this.#gapMs[to]!)) + 2 * this.#toleranceMs
    const { runs, both } = this.#unexplained(from, to, limitMs)
    if (runs.length < neededEvidence(both)) return
    if (isFirst) this.#gapMs[to] = lowMs
    waits.push({ from, evidence: runs.length })
    for (const r of runs) this.#explained[to]![r] = 1
  }

  /** Runs in which `to` began within the limit of the end of `from`, and nothing else says why. */
  #unexplained(from: number, to: number, limitMs: number): { readonly runs: readonly number[]; readonly both: number } {
    const { requestMs, endMs, runs } = this.#table
    const found: number[] = []
    let both = 0
    for (let r = 0; r < runs; r++) {
      const lag = requestMs[to]![r]! - endMs[from]![r]!
      if (Number.isNaN(lag)) continue
      both += 1
      if (lag <= limitMs && this.#explained[to]![r] === 0) found.push(r)
    }
    return { runs: found, both }
  }

  /** True when there is a way from one row to the other, or they are one. */
  #reaches(from: number, to: number): boolean {
    if (from === to) return true
    return this.#waits[to]!.some((wait) => this.#reaches(from, wait.from))
  }

  /**
   * A branch of a fork that always ends first is never seen to be waited for. A row that nothing waits for is taken to
   * be, by the next row that always began after it and that something of the same fork leads to.
   */
  assumeJoins(inOrder: readonly Lag[], callerOf: readonly (number | null)[]): void {
    const ancestors = this.#waits.map((_, row) => this.#ancestors(row))
    const isWaitedFor = new Set(this.#waits.flatMap((waits) => waits.map(({ from }) => from)))
    for (let row = 0; row < this.#waits.length; row++) {
      // What one function calls side by side is a fork too.
      const isCalled = (callerOf[row] ?? null) !== null
      if (isWaitedFor.has(row) || (ancestors[row]!.size === 0 && !isCalled)) continue
      const next = inOrder
        .filter(({ from, to, count }) => {
          if (from !== row || ancestors[row]!.has(to) || ancestors[to]!.has(row)) return false
          const isJoin = this.#waits[to]!.some((wait) => !ancestors[row]!.has(wait.from))
          const shared = isCalled || [...ancestors[to]!].some((one) => ancestors[row]!.has(one))
          return isJoin && shared && count >= 0.5 * this.#present(row)
        })
        .sort((a, b) => a.lowMs - b.lowMs)
      // Several rows may begin where the fork is closed.
      const limitMs = (next[0]?.lowMs ?? 0) + 2 * this.#toleranceMs
      for (const { to, lowMs } of next) if (lowMs <= limitMs) this.#waits[to]!.push({ from: row, evidence: 0 })
    }
  }

  #present(row: number): number {
    let count = 0
    for (const ms of this.#table.endMs[row]!) if (!Number.isNaN(ms)) count += 1
    return Math.min(count, WARM_ENOUGH)
  }

  /** All that a row waited for, directly or not; with `callerOf` also who called them. */
  #ancestors(row: number, callerOf: readonly (number | null)[] = []): ReadonlySet<number> {
    const found = new Set<number>()
    const visit = (one: number): void => {
      const caller = callerOf[one] ?? null
      for (const from of [...this.#waits[one]!.map((wait) => wait.from), ...(caller === null ? [] : [caller])]) {
        if (found.has(from)) continue
        found.add(from)
        visit(from)
      }
    }
    visit(row)
    return found
  }

  finished(callerOf: readonly (number | null)[]): Structure {
    const ancestors = this.#waits.map((_, row) => this.#ancestors(row))
    const before = this.#waits.map((_, row) => this.#ancestors(row, callerOf).size)
    const parents = this.#waits.map((waits) =>
      waits.filter(({ from }) => !waits.some((other) => other.from !== from && ancestors[other.from]!.has(from))),
    )
    const order = this.#waits.map((_, row) => row).sort((a, b) => before[a]! - before[b]! || a - b)
    return { order, waitsFor: this.#waits, parents, gapMs: this.#gapMs, toleranceMs: this.#toleranceMs }
  }
}

/** Lags are counted over so many runs at most. */
const WARM_ENOUGH = 100

/** Runs that must show an edge: chance shows it in fewer. */
function neededEvidence(count: number): number {
  if (count < 10) return 1
  if (count < 50) return 2
  return Math.max(3, 0.004 * count)
}
