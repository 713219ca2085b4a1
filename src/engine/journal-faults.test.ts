import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, test } from "vitest"
import { TrimtabError } from "../base/errors.ts"
import { seededRandom } from "../base/random.ts"
import { virtualClock } from "../base/testing/virtual-clock.ts"
import { diamond } from "../workflow/testing/workflows.ts"
import { parseKey, partKey } from "./keys.ts"
import { openSqliteJournal } from "./sqlite-journal.ts"
import { DISK_FAULTS, failingDatabase, type DiskFault } from "./testing/failing-database.ts"
import { GOAL, testEngine } from "./testing/test-engine.ts"
import { entry, newRun } from "./testing/test-journal.ts"
import { damagedAt } from "./wal-check.ts"

/** Bytes between two cuts of the log; 1 is every byte. */
const CUT_EVERY = Number(process.env["TRIMTAB_CUT_EVERY"] ?? 997)
/** Bits that are flipped, one at a time. */
const BIT_FLIPS = Number(process.env["TRIMTAB_BIT_FLIPS"] ?? 60)

const ENTRIES = 8
const folder = mkdtempSync(join(tmpdir(), "trimtab-faults-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let paths = 0
const newPath = (): string => join(folder, `${paths++}.sqlite`)

describe("the log of an engine that was killed", () => {
  test("cut anywhere in its last four records keeps exactly what was whole before the cut", async () => {
    const { main, log, ends } = await killed()
    const from = ends[ENTRIES - 4]!
    for (let cut = from; cut <= log.length; cut += CUT_EVERY) {
      const whole = ends.filter((end) => end <= cut).length - 1
      expect(readBack(main, log.subarray(0, cut)), `cut after byte ${cut}`).toBe(whole)
    }
  })

  test("with one bit flipped is refused, or keeps everything but a last commit that may have been torn", async () => {
    const { main, log, ends } = await killed()
    const random = seededRandom(11)
    let refused = 0
    for (let i = 0; i < BIT_FLIPS; i++) {
      const bytes = Buffer.from(log)
      const at = Math.floor(random.next() * bytes.length)
      bytes[at] = bytes[at]! ^ (1 << Math.floor(random.next() * 8))
      const seen = readBack(main, bytes)
      const inLast = at >= ends[ENTRIES - 1]!
      if (seen === "refused") refused++
      expect(seen, `bit flip at byte ${at}`).toBe(inLast ? ENTRIES - 1 : "refused")
    }
    expect(refused).toBeGreaterThan(BIT_FLIPS / 2)
  })

  test("is whole to the check that looks for damage", async () => {
    const { log } = await killed()
    expect(damagedAt(log)).toBeNull()
    expect(damagedAt(log.subarray(0, 40))).toBeNull()
    expect(damagedAt(Buffer.alloc(0))).toBeNull()
  })

  test("whose older generation follows the present one is whole, too", async () => {
    const { log } = await killed()
    const other = Buffer.from(log)
    // As after a checkpoint: a new header and first commit, behind them what the log held before.
    const next = await killed()
    next.log.copy(other, 0, 0, next.ends[0])
    expect(damagedAt(other)).toBeNull()
  })
})

describe("a disk that fails in a commit", () => {
  const faults = [1, 2, 3, 4, 5].flatMap((commit) =>
    Object.keys(DISK_FAULTS).flatMap((kind) =>
      [false, true].map((isWritten) => ({ commit, kind, isWritten }) as DiskFault),
    ),
  )
  test.each(faults)(
    "acknowledges nothing that is not durable, writes no more, and every run goes on after it: $kind in commit $commit, written: $isWritten",
    async (fault) => {
      const expected = await testEngine().run(diamond, 1)
      const path = newPath()
      const clock = virtualClock()
      await openSqliteJournal({ path, clock }).close()
      let began = (): number => 0
      const journal = openSqliteJournal({
        path,
        clock,
        wrap: (db) => {
          const failing = failingDatabase(db, fault)
          began = failing.began
          return failing.db
        },
      })
      const first = testEngine({ journal, platform: { script: () => ({ durationMs: 10 }) } })
      const accepted = await first.clock
        .runUntil(first.engine.start({ workflow: diamond, input: 1, goal: GOAL }))
        .catch((error: unknown) => error)
      const failure = accepted instanceof Error ? accepted : await ended(first, accepted as Accepted)
      expect(failure).toMatchObject({ code: fault.kind === "full" ? "disk-full" : "io" })
      expect((failure as TrimtabError).message).toContain(path)
      expect(began()).toBe(0)
      await first.engine.close().catch(() => {})

      const again = openSqliteJournal({ path, clock })
      const runs = again.runs()
      if (!(accepted instanceof Error)) expect(runs).toHaveLength(1)
      const durable = runs.flatMap(({ runId }) => keysOf(again.entries(runId).entries, runId))
      const second = testEngine({ journal: again, after: first })
      const handles = await second.clock.runUntil(second.engine.resumeAll())
      for (const handle of handles) {
        const result = await second.clock.runUntil(handle.result)
        expect(result).toMatchObject({ status: "succeeded", output: expected.output })
      }
      expect(second.platform.calls.filter(({ key }) => durable.includes(key))).toEqual([])
      await second.engine.close()
    },
  )
})

interface Accepted {
  readonly result: Promise<unknown>
}

/** What the run rejected with. */
function ended(on: ReturnType<typeof testEngine>, { result }: Accepted): Promise<unknown> {
  return on.clock.runUntil(result.then(() => "a result that was never durable").catch((error: unknown) => error))
}

function keysOf(entries: readonly { readonly key: string }[], runId: string): string[] {
  return entries.flatMap(({ key }) => {
    const parsed = parseKey(key)
    return parsed?.kind === "invoke" ? [partKey(runId, parsed.id, parsed.batch)] : []
  })
}

/** What an engine leaves that is killed after a run and some records, and where in the log each of their commits ends. */
async function killed(): Promise<{ main: Buffer; log: Buffer; ends: readonly number[] }> {
  const path = newPath()
  const journal = openSqliteJournal({ path, clock: virtualClock() })
  const size = (): number => readFileSync(`${path}-wal`).length
  await journal.accept(newRun("r1")).durable
  const ends = [size()]
  for (let seq = 0; seq < ENTRIES; seq++) {
    await journal.append(entry("r1", seq)).durable
    ends.push(size())
  }
  const left = { main: readFileSync(path), log: readFileSync(`${path}-wal`), ends }
  await journal.close()
  return left
}

/** How many entries another engine finds, all as they were written; or that it refuses the file, saying that it is damaged. */
function readBack(main: Buffer, log: Buffer): number | "refused" {
  const path = newPath()
  writeFileSync(path, main)
  writeFileSync(`${path}-wal`, log)
  try {
    const journal = openSqliteJournal({ path, clock: virtualClock(Date.UTC(2030)) })
    const { entries, damage } = journal.entries("r1")
    void journal.close()
    expect(damage).toBeNull()
    expect(entries).toEqual(entries.map((_, seq) => entry("r1", seq)))
    return entries.length
  } catch (error) {
    if (error instanceof TrimtabError && error.code === "journal-corrupt") return "refused"
    throw error
  } finally {
    for (const suffix of ["", "-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true })
  }
}
