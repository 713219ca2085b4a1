import { describe, expect, test } from "vitest"
import type { Commit, Journal } from "../engine/journal.ts"
import { runTrial } from "./testing/trial.ts"

/** The first seeds, or the one that is asked for. */
function seeds(): readonly number[] {
  const { TRIMTAB_TRIALS: trials = "150", TRIMTAB_SEED: seed } = process.env
  return seed === undefined ? Array.from({ length: Number(trials) }, (_, i) => i) : [Number(seed)]
}

/** A trial takes 10-20 ms; a machine that is busy with other tests gets a hundred times that. */
const MS_PER_TRIAL = 1_000

describe("runs under faults and kills", () => {
  test("end as if nothing had happened, and break no promise", { timeout: MS_PER_TRIAL * seeds().length }, async () => {
    const broken: string[] = []
    for (const seed of seeds())
      for (const wrong of (await runTrial(seed)).wrong)
        broken.push(`${wrong} (TRIMTAB_SEED=${seed} npm run test:reliability)`)
    expect(broken).toEqual([])
  })

  test("go the same way for the same seed", async () => {
    for (const seed of [1, 2, 3]) expect((await runTrial(seed)).hash).toBe((await runTrial(seed)).hash)
    expect((await runTrial(1)).hash).not.toBe((await runTrial(2)).hash)
  })
})

describe("a journal that breaks its word is found out", () => {
  const sabotages: Readonly<Record<string, (journal: Journal) => Journal>> = {
    "says durable before it is": (journal) => {
      const early = (_late: Commit): Commit => ({ durable: Promise.resolve() })
      return {
        ...journal,
        accept: (run) => early(journal.accept(run)),
        append: (entry) => early(journal.append(entry)),
      }
    },
    "forgets the newest record": (journal) => ({
      ...journal,
      entries: (runId) => ({ ...journal.entries(runId), entries: journal.entries(runId).entries.slice(0, -1) }),
    }),
    "swaps two records": (journal) => ({
      ...journal,
      entries: (runId) => {
        const { entries, damage } = journal.entries(runId)
        return { entries: [...entries.slice(0, -2), ...entries.slice(-2).reverse()], damage }
      },
    }),
    "knows no keys of requests": (journal) => ({ ...journal, runOfRequest: () => null }),
  }

  test.each(Object.keys(sabotages))("%s", async (name) => {
    const found: string[] = []
    for (let seed = 0; seed < 40; seed++) found.push(...(await runTrial(seed, { sabotage: sabotages[name]! })).wrong)
    expect(found).not.toEqual([])
  })
})
