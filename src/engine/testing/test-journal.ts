import { describe, expect, test } from "vitest"
import type { Entry, Journal, NewRun } from "../journal.ts"

/** A journal under test. `reopen` closes it in an orderly way and opens what it left. */
export interface JournalUnderTest {
  readonly journal: Journal
  reopen(): Promise<JournalUnderTest>
}

/** What every journal must do. */
export function testJournal(name: string, create: () => Promise<JournalUnderTest>): void {
  describe(`${name} journal`, () => {
    test("gives back a run with its entries, in order, after it was reopened", async () => {
      const first = await create()
      await first.journal.accept(newRun("r1")).durable
      for (let seq = 0; seq < 3; seq++) first.journal.append(entry("r1", seq))
      await first.journal.flush()
      const { journal } = await first.reopen()
      expect(journal.run("r1")).toMatchObject({ status: "running", damaged: false, input: "1", workflowName: "w" })
      expect(journal.entries("r1")).toEqual({ entries: [0, 1, 2].map((seq) => entry("r1", seq)), damage: null })
      await journal.close()
    })

    test("reads what is queued and not yet durable", async () => {
      const { journal } = await create()
      journal.accept(newRun("r1"))
      journal.append(entry("r1", 0))
      expect(journal.runs()).toHaveLength(1)
      expect(journal.entries("r1").entries).toHaveLength(1)
      await journal.close()
    })

    test("makes rows durable in the order they were queued", async () => {
      const { journal } = await create()
      const order: number[] = []
      journal.accept(newRun("r1"))
      const commits = Array.from({ length: 400 }, (_, seq) =>
        journal.append(entry("r1", seq)).durable.then(() => order.push(seq)),
      )
      await Promise.all(commits)
      expect(order).toEqual(order.toSorted((a, b) => a - b))
      await journal.close()
    })

    test("keeps the end of a run", async () => {
      const first = await create()
      first.journal.accept(newRun("r1"))
      await first.journal.finish({ runId: "r1", status: "succeeded", finishedAtMs: 5.5, result: "{}" }).durable
      const { journal } = await first.reopen()
      expect(journal.run("r1")).toMatchObject({ status: "succeeded", finishedAtMs: 5.5, result: "{}", damaged: false })
      await journal.close()
    })

    test("finds a run by its request key, and nothing by a key it never saw", async () => {
      const { journal } = await create()
      journal.accept({ ...newRun("r1"), requestKey: "k" })
      journal.accept(newRun("r2"))
      expect(journal.runOfRequest("k")?.runId).toBe("r1")
      expect(journal.runOfRequest("other")).toBeNull()
      expect(journal.run("r3")).toBeNull()
      await journal.close()
    })

    test("stores a workflow once for many runs", async () => {
      const { journal } = await create()
      journal.accept(newRun("r1"))
      journal.accept(newRun("r2"))
      expect(journal.definition(WORKFLOW_HASH)).toBe("{}")
      expect(journal.definition("0")).toBeNull()
      await journal.close()
    })

    test("raises its epoch at every opening", async () => {
      const first = await create()
      const second = await first.reopen()
      expect(second.journal.epoch).toBeGreaterThan(first.journal.epoch)
      await second.journal.close()
    })
  })
}

/** SHA-256 of `{}`. */
const WORKFLOW_HASH = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

export function newRun(runId: string): NewRun {
  return {
    runId,
    requestKey: null,
    workflowHash: WORKFLOW_HASH,
    workflow: "{}",
    workflowName: "w",
    input: "1",
    inputKind: "inline",
    goal: "{}",
    codeHashes: "{}",
    acceptedAtMs: 1_767_225_600_000.125,
  }
}

export function entry(runId: string, seq: number): Entry {
  return {
    runId,
    seq,
    key: `invoke/s${seq}#0.1/0`,
    kind: "run",
    atMs: 1_767_225_600_001.5 + seq,
    value: `{"v":"é${seq}"}`,
  }
}
