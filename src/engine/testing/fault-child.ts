/**
 * The process that meets a failing disk: `node fault-child.js <journal folder> <notes folder> <runs>`. It resumes what is
 * there and starts runs one after the other until all are done or the journal fails. Each run that was accepted, and each
 * that ended, is noted on another disk; what happened last is the one line on stdout.
 */
import { appendFileSync } from "node:fs"
import { join } from "node:path"
import { realClock } from "../../base/clock.ts"
import { TrimtabError } from "../../base/errors.ts"
import { silentLogger } from "../../base/logger.ts"
import { seededRandom } from "../../base/random.ts"
import { memoryStore } from "../../stores/memory-store.ts"
import { diamond } from "../../workflow/testing/workflows.ts"
import { createEngine, type RunHandle } from "../engine.ts"
import { openSqliteJournal } from "../sqlite-journal.ts"
import { CRASH_GOAL } from "./crash-shapes.ts"
import { fakePolicy } from "./fake-policy.ts"
import { noOpPlatform } from "./no-op-platform.ts"

const [folder = "", notes = "", runs = "0"] = process.argv.slice(2)
const note = (what: string, runId: string): void => appendFileSync(join(notes, "notes.txt"), `${what} ${runId}\n`)
const finish = async (handle: RunHandle): Promise<void> => {
  const { status } = await handle.result
  note(status, handle.runId)
}

async function work(): Promise<string> {
  const journal = openSqliteJournal({ path: join(folder, "journal.sqlite"), clock: realClock })
  const engine = createEngine({
    journal,
    platform: noOpPlatform(realClock),
    store: memoryStore(),
    policyFor: () => fakePolicy({ forget: true }),
    clock: realClock,
    random: seededRandom(process.pid),
    logger: silentLogger,
  })
  try {
    for (const handle of await engine.resumeAll()) await finish(handle)
    for (let n = 0; n < Number(runs); n++) {
      const handle = await engine.start({ workflow: diamond, input: "x".repeat(2_000), goal: CRASH_GOAL })
      note("accepted", handle.runId)
      await finish(handle)
    }
    return "done"
  } finally {
    await engine.close().catch(() => {})
  }
}

try {
  process.stdout.write(`${await work()}\n`)
} catch (error) {
  if (!(error instanceof TrimtabError)) throw error
  process.stdout.write(`${error.code} ${error.message}\n`)
}
