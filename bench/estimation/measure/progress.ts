import type { MeasurePlan } from "./plan.ts"
import type { ScratchRun } from "./scratch.ts"

/** Between two lines, ms. */
const PAUSE_MS = 10_000

/** Tells on stderr how far a measurement is, and how long it will take at the pace so far. */
export function progressOf(
  plan: MeasurePlan,
  found: number,
): { readonly add: (run: ScratchRun) => void; readonly end: () => void } {
  const total = plan.cells.reduce((sum, cell) => sum + cell.repeats, 0)
  const startMs = performance.now()
  const budgetMs = plan.budgetMs ?? Infinity
  let done = found
  let contended = 0
  let saidMs = startMs
  const say = (): void => {
    const elapsedMs = performance.now() - startMs
    const paceMs = done > found ? (elapsedMs / (done - found)) * (total - done) : 0
    const left = Math.max(0, Math.min(paceMs, budgetMs - elapsedMs))
    process.stderr.write(
      `${plan.name}: ${done} of ${total} runs, ${contended} contended, ${minutes(elapsedMs)} gone, about ${minutes(left)} left\n`,
    )
  }
  if (found > 0) process.stderr.write(`${plan.name}: going on after ${found} runs\n`)
  return {
    add: ({ run }) => {
      done++
      contended += run.contended
      if (performance.now() - saidMs < PAUSE_MS) return
      saidMs = performance.now()
      say()
    },
    end: say,
  }
}

function minutes(ms: number): string {
  return `${(ms / 60_000).toFixed(1)} min`
}
