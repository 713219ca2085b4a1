import { realClock } from "../base/clock.ts"
import type { Json } from "../base/json.ts"
import { memoryStore } from "../stores/memory-store.ts"
import { embeddedPort, type RecordedEntry } from "./embedded-port.ts"
import { memoryDisk, memoryJournal, type MemoryDisk } from "./memory-journal.ts"
import { parseRef, unspill } from "./spill.ts"
import { Crash, testDurablePort, type Script } from "./testing/test-durable-port.ts"
import { newRun } from "./testing/test-journal.ts"

testDurablePort("embedded", () => ({ run: runOver }), [
  { reason: "nested runs are not there yet", tests: ["calls another handler once, over a crash"] },
])

/** A run over a journal in memory; a crash leaves what was committed. */
async function runOver<T extends Json>(script: Script<T>): Promise<T> {
  const disk = memoryDisk()
  const store = memoryStore()
  const acceptedAtMs = realClock.nowMs()
  for (let attempt = 0; ; attempt++) {
    const journal = memoryJournal({ disk })
    const recorded = await recordedOn(disk, store)
    const base = { runId: "r", journal, store, clock: realClock, acceptedAtMs, recorded }
    const port = embeddedPort(attempt === 0 ? { ...base, accepted: journal.accept({ ...newRun("r") }) } : base)
    try {
      return await script(port, attempt)
    } catch (error) {
      if (!(error instanceof Crash)) throw error
      await journal.flush()
    } finally {
      port.close(new Error("over"))
    }
  }
}

async function recordedOn(disk: MemoryDisk, store: ReturnType<typeof memoryStore>): Promise<RecordedEntry[]> {
  const entries = disk.entries.get("r") ?? []
  return Promise.all(
    entries.map(async ({ key, atMs, kind, value }) => {
      const text = kind === "run-ref" ? await unspill(parseRef(value), { store, clock: realClock }) : value
      return { key, atMs, value: JSON.parse(text) as unknown }
    }),
  )
}
