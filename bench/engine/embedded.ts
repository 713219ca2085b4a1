import type { Commit, Journal } from "../../src/engine/journal.ts"
import type { JournalRow } from "../../src/engine/journal-rows.ts"
import { CRASH_GOAL } from "../../src/engine/testing/crash-shapes.ts"
import { noOpEngine } from "../../src/engine/testing/no-op-engine.ts"
import { barrier16, fromEdges } from "../../src/workflow/testing/workflows.ts"
import type { Workflow } from "../../src/workflow/workflow.ts"
import { measurePeer, type Sizes } from "../peers/drive.ts"
import type { Measured } from "./peers.ts"
import { withJournal } from "./with-journal.ts"

/** Sixteen steps as BullMQ runs them: three of four leaves each, below a root. */
const tree: Workflow = fromEdges("tree", {
  ...Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`leaf${i}`, []])),
  ...Object.fromEntries([0, 1, 2].map((i) => [`middle${i}`, [0, 1, 2, 3].map((j) => `leaf${4 * i + j}`)])),
  root: ["middle0", "middle1", "middle2"],
})

/** Our engine in this process, every record durable before it counts. */
export async function embedded(sizes: Sizes, shape: "barrier16" | "tree"): Promise<Measured> {
  return withJournal((journal) =>
    playing(journal, shape === "tree" ? tree : barrier16, (play) => measured(sizes, play)),
  )
}

/**
 * What the machine allows: the rows of those runs, in the groups in which a run alone commits them, each group durable
 * before the next, and no engine. Fifty at once share their commits as fifty runs do.
 */
export async function limit(sizes: Sizes): Promise<Measured> {
  const groups = await groupsOfOneRun()
  return withJournal((journal) =>
    measured(sizes, async (n) => {
      const runId = n.toString(16).padStart(32, "0")
      for (const group of groups) {
        const commits = group.map((row) => write(journal, row, runId))
        await commits.at(-1)!.durable
      }
    }),
  )
}

async function measured(sizes: Sizes, play: (n: number) => Promise<unknown>): Promise<Measured> {
  const { one, fifty } = await measurePeer(sizes, play, () => 0)
  return { one, fifty, cpuMsPerWorkflow50: fifty.cpuMs / fifty.workflows }
}

async function playing<T>(
  journal: Journal,
  workflow: Workflow,
  use: (play: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const engine = noOpEngine(journal)
  const play = async (): Promise<void> => {
    const { result } = await engine.start({ workflow, input: null, goal: CRASH_GOAL })
    const { status } = await result
    if (status !== "succeeded") throw new Error(`a run ended ${status}`)
  }
  try {
    return await use(play)
  } finally {
    await engine.close()
  }
}

/** The rows of one run of barrier16, by the commit that made them durable. */
async function groupsOfOneRun(): Promise<readonly (readonly JournalRow[])[]> {
  return withJournal(async (journal) => {
    const groups = new Map<number, JournalRow[]>()
    const noted = (row: JournalRow, commit: Commit): Commit => {
      const group = journal.counts.commits
      groups.set(group, [...(groups.get(group) ?? []), row])
      return commit
    }
    const noting: Journal = {
      ...journal,
      accept: (run) => noted({ kind: "accept", run }, journal.accept(run)),
      append: (entry) => noted({ kind: "entry", entry }, journal.append(entry)),
      finish: (end) => noted({ kind: "finish", end }, journal.finish(end)),
    }
    await playing(noting, barrier16, (play) => play())
    return [...groups.values()]
  })
}

function write(journal: Journal, row: JournalRow, runId: string): Commit {
  if (row.kind === "accept") return journal.accept({ ...row.run, runId })
  if (row.kind === "entry") return journal.append({ ...row.entry, runId })
  return journal.finish({ ...row.end, runId })
}
