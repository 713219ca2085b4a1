import type { Random } from "../../base/random.ts"
import type { GatheredRun } from "./gathered-run.ts"

/** Some of all runs, each with the same chance, however many come (Vitter's algorithm R). Memory is that of `most` runs. */
export interface RunSample {
  add(run: GatheredRun): void
  /** Runs so far. */
  readonly seen: number
  readonly runs: readonly GatheredRun[]
}

export function runSample(most: number, random: Random): RunSample {
  const runs: GatheredRun[] = []
  let seen = 0
  return {
    runs,
    get seen() {
      return seen
    },
    add: (run) => {
      seen += 1
      if (runs.length < most) {
        runs.push(run)
        return
      }
      const place = Math.floor(random.next() * seen)
      if (place < most) runs[place] = run
    },
  }
}
