import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterEach, describe, expect, test } from "vitest"
import { TrimtabError } from "../base/errors.ts"
import { seededRandom } from "../base/random.ts"
import { virtualClock } from "../base/testing/virtual-clock.ts"
import { LEASE_MS } from "./lease.ts"
import { openSqliteJournal, type SqliteJournal, type SqliteJournalOptions } from "./sqlite-journal.ts"
import { entry, newRun, testJournal, type JournalUnderTest } from "./testing/test-journal.ts"

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

testJournal("sqlite", async () => underTest(newPath()))

describe("a commit", () => {
  test("takes everything of one turn of the event loop, up to 256 rows", async () => {
    const journal = open(newPath())
    journal.accept(newRun("r1"))
    for (let seq = 0; seq < 599; seq++) journal.append(entry("r1", seq))
    const last = journal.append(entry("r1", 599))
    expect(journal.counts).toEqual({ rows: 0, commits: 0 })
    await last.durable
    expect(journal.counts).toEqual({ rows: 601, commits: 3 })
    await journal.close()
  })

  test("that finds no space acknowledges nothing and leaves nothing half-written", async () => {
    const path = newPath()
    const journal = open(path, { limitPages: 40, maxRowsPerCommit: 4 })
    await journal.accept(newRun("r1")).durable
    const settled = await Promise.allSettled(
      Array.from({ length: 60 }, (_, seq) => {
        const value = JSON.stringify("x".repeat(5_000))
        return journal.append({ ...entry("r1", seq), value }).durable
      }),
    )
    const durable = settled.filter((item) => item.status === "fulfilled").length
    const failure: unknown = settled.find((item) => item.status === "rejected")?.reason
    expect(failure).toMatchObject({ code: "disk-full" })
    await expect(journal.append(entry("r1", 999)).durable).rejects.toBe(failure)
    await journal.close().catch(() => {})
    const again = open(path)
    expect(durable).toBeGreaterThan(0)
    expect(again.entries("r1")).toMatchObject({ damage: null, entries: { length: durable } })
    await again.close()
  })

  test("by an owner that was overtaken while it paused is refused, and writes nothing", async () => {
    const path = newPath()
    const clock = virtualClock()
    const paused = open(path, { clock: virtualClock(clock.nowMs()) })
    await paused.accept(newRun("r1")).durable
    clock.jumpWall(LEASE_MS + 1)
    const taker = open(path, { clock })
    await expect(paused.append(entry("r1", 0)).durable).rejects.toMatchObject({ code: "lease-lost" })
    await expect(paused.accept(newRun("r2")).durable).rejects.toMatchObject({ code: "lease-lost" })
    expect(taker.runs()).toHaveLength(1)
    expect(taker.entries("r1").entries).toHaveLength(0)
    await taker.append(entry("r1", 0)).durable
    await taker.close()
  })
})

describe("the lease", () => {
  test("names its owner to a second engine", async () => {
    const path = newPath()
    const journal = open(path)
    expect(() => open(path)).toThrow(`is in use by process ${process.pid}`)
    expect(codeOf(() => open(path))).toBe("lease-lost")
    await journal.close()
    await open(path).close()
  })

  test("of a dead process of this machine is taken over at once", async () => {
    const path = newPath()
    // No process has this pid: it is above the largest that Linux gives.
    const dead = open(path, { owner: { host: thisHost(), pid: 2 ** 22 + 1, startTicks: "1" } })
    await dead.accept(newRun("r1")).durable
    const next = open(path)
    expect(next.runs()).toHaveLength(1)
    await next.close()
  })

  test("of another machine is taken over only when it has run out", async () => {
    const path = newPath()
    const clock = virtualClock()
    open(path, { clock, owner: { host: "elsewhere", pid: 1, startTicks: "" } })
    expect(codeOf(() => open(path, { clock }))).toBe("lease-lost")
    clock.jumpWall(LEASE_MS + 1)
    await open(path, { clock }).close()
  })

  test("is renewed while the engine is idle", async () => {
    const path = newPath()
    const clock = virtualClock()
    const journal = open(path, { clock, owner: { host: "elsewhere", pid: 1, startTicks: "" } })
    await clock.advance(10 * LEASE_MS)
    expect(codeOf(() => open(path, { clock }))).toBe("lease-lost")
    await journal.close()
  })
})

describe("damage", () => {
  test("of an entry is found by its checksum, and what comes before it is kept", async () => {
    const path = await filled(5)
    const db = new DatabaseSync(path)
    db.exec('update entry set value = \'{"v":"forged"}\' where seq = 2')
    db.close()
    const journal = open(path)
    const { entries, damage } = journal.entries("r1")
    expect(entries).toHaveLength(2)
    expect(damage).toEqual({ seq: 2, message: "record 2 does not match its checksum" })
    await journal.close()
  })

  test("of a missing entry is found by its number", async () => {
    const path = await filled(5)
    const db = new DatabaseSync(path)
    db.exec("delete from entry where seq = 3")
    db.close()
    const journal = open(path)
    expect(journal.entries("r1").damage).toEqual({ seq: 3, message: "record 3 is missing" })
    await journal.close()
  })

  test("of a run's row is found by its checksum", async () => {
    const path = await filled(1)
    const db = new DatabaseSync(path)
    db.exec("update run set input = '2'")
    db.close()
    const journal = open(path)
    expect(journal.run("r1")?.damaged).toBe(true)
    await journal.close()
  })

  test("of single bits is always found, or touches nothing that is read", async () => {
    const path = await filled(60)
    const whole = readFileSync(path)
    const expected = readBack(path)
    const random = seededRandom(7)
    const flips = Number(process.env["TRIMTAB_BIT_FLIPS"] ?? 150)
    for (let i = 0; i < flips; i++) {
      const bytes = Buffer.from(whole)
      const at = Math.floor(random.next() * bytes.length)
      bytes[at] = bytes[at]! ^ (1 << Math.floor(random.next() * 8))
      const copy = newPath()
      writeFileSync(copy, bytes)
      const seen = readBack(copy)
      expect(seen === "damaged" || seen === expected, `bit flip at byte ${at}`).toBe(true)
      rmSync(copy)
    }
  })

  test("of a file that was cut off is found", async () => {
    const path = await filled(60)
    const { length } = readFileSync(path)
    for (const cut of [1, 100, 511, 4_095, 4_096, 5_000, 12_288, length - 100]) {
      const copy = newPath()
      copyFileSync(path, copy)
      truncateSync(copy, length - cut)
      expect(readBack(copy), `${cut} bytes cut off`).toBe("damaged")
    }
  })

  test("of the log of an engine that was killed loses no record before the cut, and invents none", async () => {
    const path = newPath()
    const journal = open(path)
    journal.accept(newRun("r1"))
    for (let seq = 0; seq < 4; seq++) await journal.append(entry("r1", seq)).durable
    const log = readFileSync(`${path}-wal`)
    const main = readFileSync(path)
    await journal.close()
    for (let cut = 0; cut < log.length; cut += 997) {
      const copy = newPath()
      writeFileSync(copy, main)
      writeFileSync(`${copy}-wal`, log.subarray(0, log.length - cut))
      const seen = readBack(copy, "force")
      const all = JSON.stringify([0, 1, 2, 3].map((seq) => entry("r1", seq)))
      expect(seen === "damaged" || all.startsWith(seen.slice(0, -1)), `${cut} bytes cut off the log`).toBe(true)
    }
  })

  test("of something that is no journal is refused, and the file left alone", () => {
    const path = newPath()
    writeFileSync(path, "hello, this is a text of mine\n".repeat(10))
    expect(codeOf(() => open(path))).toBe("journal-corrupt")
    expect(readFileSync(path, "utf8")).toContain("a text of mine")
    const other = newPath()
    new DatabaseSync(other).exec("create table mine(x)")
    expect(codeOf(() => open(other))).toBe("journal-corrupt")
  })
})

describe("a journal of a newer version", () => {
  test("is refused in one sentence and not changed", async () => {
    const path = await filled(1)
    const db = new DatabaseSync(path)
    db.exec("pragma user_version = 99")
    db.close()
    const before = readFileSync(path)
    expect(() => open(path)).toThrow("was written by a newer Trimtab (format 99)")
    expect(readFileSync(path).equals(before)).toBe(true)
  })
})

describe("a file that cannot be written", () => {
  test("is refused with what to do", async () => {
    const path = await filled(1)
    expect(codeOf(() => open(path, { readOnly: true }))).toBe("io")
    if (process.getuid?.() === 0) return // root writes where nobody else may
    chmodSync(path, 0o444)
    expect(codeOf(() => open(path))).toBe("io")
  })
})

/** What a reader sees: the entries as text, or that they are damaged. */
function readBack(path: string, force?: "force"): string {
  try {
    const owner = force === undefined ? {} : { clock: farFuture() }
    const journal = open(path, owner)
    try {
      const row = journal.run("r1")
      const { entries, damage } = journal.entries("r1")
      const definition = journal.definition(newRun("r1").workflowHash)
      const whole = row !== null && !row.damaged && damage === null && definition !== null
      if (force !== undefined && row === null) return "[]"
      return whole ? JSON.stringify(entries) : "damaged"
    } finally {
      void journal.close().catch(() => {})
    }
  } catch (error) {
    if (error instanceof TrimtabError) return "damaged"
    throw error
  }
}

function farFuture(): SqliteJournalOptions["clock"] {
  return virtualClock(Date.now() + 1e9)
}

async function filled(count: number): Promise<string> {
  const path = newPath()
  const journal = open(path)
  journal.accept(newRun("r1"))
  for (let seq = 0; seq < count; seq++) journal.append(entry("r1", seq))
  await journal.close()
  expect(existsSync(`${path}-wal`)).toBe(false)
  return path
}

async function underTest(path: string): Promise<JournalUnderTest> {
  const journal = open(path)
  return {
    journal,
    reopen: async () => {
      await journal.close()
      return underTest(path)
    },
  }
}

function open(path: string, options: Partial<SqliteJournalOptions> = {}): SqliteJournal {
  return openSqliteJournal({ path, clock: virtualClock(), ...options })
}

function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "trimtab-journal-"))
  folders.push(folder)
  return join(folder, "journal.sqlite")
}

function thisHost(): string {
  return JSON.parse(ownerOfThisProcess()).host
}

function ownerOfThisProcess(): string {
  const path = newPath()
  const journal = open(path)
  const db = new DatabaseSync(path)
  const owner = db.prepare("select owner from lease").get()?.["owner"]
  db.close()
  void journal.close()
  return String(owner)
}

function codeOf(fn: () => unknown): string {
  try {
    fn()
  } catch (error) {
    return error instanceof TrimtabError ? error.code : String(error)
  }
  return "nothing"
}
