/**
 * The process that the crash tests kill: `node crash-child.js <folder> <phase> <commit>`. It starts or resumes one run
 * of every shape in the folder's journal, and kills itself at the given phase of its n-th commit. Without a kill it
 * writes the results and ends with 0.
 */
import { appendFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { realClock } from "../../base/clock.ts"
import { silentLogger } from "../../base/logger.ts"
import { seededRandom } from "../../base/random.ts"
import { fsStore } from "../../stores/fs/fs-store.ts"
import { createEngine } from "../engine.ts"
import type { CommitPhase } from "../journal.ts"
import { openSqliteJournal } from "../sqlite-journal.ts"
import { CRASH_GOAL, CRASH_SHAPES } from "./crash-shapes.ts"
import { effectsPlatform } from "./effects-platform.ts"
import { fakePolicy } from "./fake-policy.ts"

const [folder = "", phase = "none", commit = "0"] = process.argv.slice(2)
const store = fsStore(join(folder, "store"))
let commits = 0
const killAt = (reached: CommitPhase): void => {
  if (reached === "before-write") commits++
  if (reached === phase && commits >= Number(commit)) process.kill(process.pid, "SIGKILL")
}
const journal = openSqliteJournal({ path: join(folder, "journal.sqlite"), clock: realClock, onPhase: killAt })
const engine = createEngine({
  journal,
  platform: effectsPlatform({ effectsPath: join(folder, "effects.txt"), store, longestMs: 8 }),
  store,
  policyFor: () => fakePolicy({ forget: true }),
  clock: realClock,
  random: seededRandom(process.pid),
  logger: silentLogger,
})
await engine.resumeAll()
const handles = await Promise.all(
  CRASH_SHAPES.map(async ({ workflow, input }) => {
    const handle = await engine.start({ workflow, input, goal: CRASH_GOAL, requestKey: workflow.name })
    // A client was told: from here on the run must not be lost.
    appendFileSync(join(folder, "accepted.txt"), `${workflow.name} ${handle.runId}\n`)
    return handle
  }),
)
const results = await Promise.all(handles.map((handle) => handle.result))
const outputs = results.map(({ workflow, status, output }) => ({ workflow, status, output }))
writeFileSync(join(folder, "outputs.json"), JSON.stringify(outputs, null, 1))
await engine.close()
