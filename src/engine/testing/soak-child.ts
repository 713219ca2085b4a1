/**
 * The process whose memory is watched: `node --expose-gc soak-child.js <journal file or "none"> <runs>`. It plays that many
 * runs, fifty at once, on a platform that answers at once, and writes one JSON document on stdout.
 */
import { readdirSync } from "node:fs"
import { realClock } from "../../base/clock.ts"
import { barrier16, chain } from "../../workflow/testing/workflows.ts"
import { volatileJournal } from "../memory-journal.ts"
import { openSqliteJournal } from "../sqlite-journal.ts"
import { CRASH_GOAL } from "./crash-shapes.ts"
import { noOpEngine } from "./no-op-engine.ts"

/** What a process holds at one moment. */
export interface Held {
  readonly runs: number
  readonly rssBytes: number
  readonly heapBytes: number
  readonly descriptors: number
  /** Timers and handles that keep the event loop alive. */
  readonly resources: number
}

const AT_ONCE = 50
/** Runs between two looks at what is held. */
const RUNS_A_LOOK = 400
const MOST_LOOKS = 20

/**
 * Share of the runs that warms the process up: the heap is as large after the first thousands as for ever, what malloc and
 * V8 keep for later grows on by some per cent for tens of thousands.
 */
const WARM_UP = 0.4

const [path = "none", count = "0"] = process.argv.slice(2)
const runs = Number(count)
const journal = path === "none" ? volatileJournal() : openSqliteJournal({ path, clock: realClock })
// Without a file more steps are played, with one fewer bytes written.
const workflow = path === "none" ? barrier16 : chain
const engine = noOpEngine(journal)
const held: Held[] = []
let succeeded = 0

/** A batch is over when nothing of it is under way: what is held then is held for good. */
async function play(batch: number): Promise<void> {
  let left = batch
  const client = async (): Promise<void> => {
    while (left-- > 0) {
      const { result } = await engine.start({ workflow, input: null, goal: CRASH_GOAL })
      if ((await result).status === "succeeded") succeeded++
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, client))
  await realClock.sleep(20)
  for (let i = 0; i < 3; i++) globalThis.gc?.()
  const { rss, heapUsed } = process.memoryUsage()
  held.push({
    runs: succeeded,
    rssBytes: rss,
    heapBytes: heapUsed,
    descriptors: readdirSync("/proc/self/fd").length,
    resources: process.getActiveResourcesInfo().length,
  })
}

const looks = Math.min(MOST_LOOKS, Math.ceil(runs / RUNS_A_LOOK))
await play(Math.ceil(runs * WARM_UP))
for (let i = 0; i < looks; i++) await play(Math.ceil((runs * (1 - WARM_UP)) / looks))
await engine.close()
process.stdout.write(JSON.stringify({ succeeded, held }))
