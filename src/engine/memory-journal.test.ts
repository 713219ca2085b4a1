import { memoryDisk, memoryJournal, type MemoryDisk } from "./memory-journal.ts"
import { testJournal, type JournalUnderTest } from "./testing/test-journal.ts"

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
