/** Work of one lane in one round. */
export interface Visit {
  readonly lane: string
  readonly round: number
  /** Cores that it takes while it runs. */
  readonly cores: number
  readonly expectedMs: () => number
  readonly run: () => Promise<void>
}

export interface ScheduleOptions {
  /** Cores to give out together; a visit that takes more runs alone. */
  readonly cores: number
  /** At most so many visits at once. */
  readonly width: number
  /** Rounds beyond the oldest unfinished one that may begin already, to fill the cores. */
  readonly lookahead: number
  /** False once no further round may begin. */
  readonly mayBegin: (round: number) => boolean
}

/**
 * Runs visits side by side so far as their cores fit: older rounds first, within a round the longest, a lane one visit at
 * a time. Throws what the first failing visit throws, after those that run have ended.
 */
export async function runVisits(visits: readonly Visit[], options: ScheduleOptions): Promise<void> {
  const waiting = [...visits]
  const busy = new Map<string, Visit>()
  const failures: unknown[] = []
  const running = new Set<Promise<void>>()

  const next = (): Visit | null => {
    const oldest = Math.min(...waiting.map(({ round }) => round), ...[...busy.values()].map(({ round }) => round))
    const used = [...busy.values()].reduce((sum, visit) => sum + visit.cores, 0)
    const fits = waiting.filter(
      ({ lane, round, cores }) =>
        !busy.has(lane) &&
        round <= oldest + options.lookahead &&
        options.mayBegin(round) &&
        (busy.size === 0 || used + cores <= options.cores + 1e-9),
    )
    return fits.reduce<Visit | null>((best, visit) => (best === null || precedes(visit, best) ? visit : best), null)
  }

  for (;;) {
    while (failures.length === 0 && busy.size < options.width) {
      const visit = next()
      if (visit === null) break
      waiting.splice(waiting.indexOf(visit), 1)
      busy.set(visit.lane, visit)
      const run = visit
        .run()
        .catch((error: unknown) => {
          failures.push(error)
        })
        .finally(() => {
          busy.delete(visit.lane)
          running.delete(run)
        })
      running.add(run)
    }
    if (running.size === 0) break
    await Promise.race(running)
  }
  if (failures.length > 0) throw failures[0]
}

function precedes(a: Visit, b: Visit): boolean {
  return a.round === b.round ? a.expectedMs() > b.expectedMs() : a.round < b.round
}
