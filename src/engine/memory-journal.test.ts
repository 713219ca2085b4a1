import { expect, test } from "vitest"
import { memoryDisk, memoryJournal, type MemoryDisk } from "./memory-journal.ts"
import { fanned } from "./testing/fanned-workflow.ts"
import { testEngine } from "./testing/test-engine.ts"
import { entry, newRun, testJournal, type JournalUnderTest } from "./testing/test-journal.ts"

testJournal("memory", async () => open(memoryDisk()))

async function open(disk: MemoryDisk): Promise<JournalUnderTest> {
  const journal = memoryJournal({ disk })
  return {
    journal,
    reopen: async () => {
      await journal.close()
      return open(disk)
    },
  }
}

test("forgets runs that have ended, where it is told to, and no others", async () => {
  const disk = memoryDisk()
  const journal = memoryJournal({ disk, forgetFinished: true })
  for (const id of ["done", "open"]) {
    journal.accept(newRun(id))
    journal.append(entry(id, 0))
  }
  await journal.finish({ runId: "done", status: "succeeded", finishedAtMs: 1, result: "{}" }).durable
  expect(journal.run("done")).toBeNull()
  expect([...disk.entries.keys()]).toEqual(["open"])
  expect(journal.run("open")).not.toBeNull()
})

test("a step of many parts is one record where a step is worth one", async () => {
  const disk = memoryDisk()
  const { run } = testEngine({ journal: memoryJournal({ disk, entriesPerStep: 1 }) })
  const { runId, steps } = await run(fanned({ split: "each" }), [1, 2, 3, 4])
  expect(steps.map(({ invocations }) => invocations.length)).toEqual([4, 1])
  expect(disk.entries.get(runId)!.map(({ key }) => key)).toEqual([
    "decide/many#0.1",
    "invoke/many#0.1/0",
    "decide/last#0.1",
    "invoke/last#0.1/0",
  ])
})
