import { describe, expect, test } from "vitest"
import { memoryDisk, memoryJournal, type MemoryDisk, volatileJournal } from "./memory-journal.ts"
import { fanned } from "./testing/fanned-workflow.ts"
import { testEngine } from "./testing/test-engine.ts"
import { newRun, testJournal, type JournalUnderTest } from "./testing/test-journal.ts"

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

describe("a volatile journal", () => {
  test("runs whole workflows, one record a step, and keeps nothing of what has ended", async () => {
    const journal = volatileJournal()
    const { run } = testEngine({ journal })
    const result = await run(fanned({ split: "each" }), [1, 2, 3, 4])
    const kept = await testEngine().run(fanned({ split: "each" }), [1, 2, 3, 4])
    expect({ ...result, runId: "", decisionMs: [] }).toEqual({ ...kept, runId: "", decisionMs: [] })
    expect(journal.runs()).toEqual([])
  })

  test("tells of the runs under way", () => {
    const journal = volatileJournal()
    journal.accept({ ...newRun("r1"), requestKey: "k" })
    expect(journal.run("r1")).toMatchObject({ status: "running" })
    expect(journal.runOfRequest("k")?.runId).toBe("r1")
  })
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
