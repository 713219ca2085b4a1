import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { build } from "esbuild"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { seededRandom } from "../base/random.ts"
import type { CommitPhase } from "./journal.ts"
import { parseKey } from "./keys.ts"
import { CRASH_SHAPES } from "./testing/crash-shapes.ts"

/** Kills per phase in this sample; TRIMTAB_CRASH_KILLS raises it. */
const KILLS = Number(process.env["TRIMTAB_CRASH_KILLS"] ?? 15)

const PHASES: readonly CommitPhase[] = ["before-write", "after-write", "after-commit", "after-ack"]

let bundle = ""
let expected = ""
const folders: string[] = []

beforeAll(async () => {
  const folder = newFolder()
  bundle = join(folder, "crash-child.mjs")
  // One file starts three times as fast as fifty that are stripped of their types one by one.
  await build({
    entryPoints: [join(import.meta.dirname, "testing/crash-child.ts")],
    outfile: bundle,
    bundle: true,
    platform: "node",
    format: "esm",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  })
  expect(await child(folder, "none", 0)).toBe(0)
  expected = readFileSync(join(folder, "outputs.json"), "utf8")
})

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

describe("killed at a point of its journal", () => {
  test.each(PHASES)("%s: every run ends, nothing finished runs again, the output is the same", async (phase) => {
    let kills = 0
    while (kills < KILLS) {
      const folder = newFolder()
      // Commits 1, 2, 3, 1, ...: also a process that is killed before it got anywhere.
      for (let n = 0; kills < KILLS && !existsSync(join(folder, "outputs.json")); n++) {
        const finishedBefore = finishedEffects(folder)
        const code = await child(folder, phase, 1 + (n % 3))
        if (code !== 0) kills++
        checkEffects(folder, finishedBefore)
      }
      if (!existsSync(join(folder, "outputs.json"))) expect(await child(folder, "none", 0)).toBe(0)
      expect(readFileSync(join(folder, "outputs.json"), "utf8")).toBe(expected)
      checkAccepted(folder)
    }
  })
})

describe("killed at any moment", () => {
  test("every run ends, nothing finished runs again, the output is the same", async () => {
    const random = seededRandom(1)
    let kills = 0
    while (kills < KILLS / 2) {
      const folder = newFolder()
      while (!existsSync(join(folder, "outputs.json"))) {
        const before = finishedEffects(folder)
        // The last try is left alone, so that the test ends on the slowest machine.
        const afterMs = kills < KILLS / 2 ? 50 + random.next() * 200 : null
        if ((await child(folder, "none", 0, afterMs)) !== 0) kills++
        checkEffects(folder, before)
      }
      expect(readFileSync(join(folder, "outputs.json"), "utf8")).toBe(expected)
      checkAccepted(folder)
    }
  })
})

/** How often each key was asked of the platform, and how often its work began. */
function effectsOf(folder: string): { asked: Map<string, number>; begun: Map<string, number> } {
  const asked = new Map<string, number>()
  const begun = new Map<string, number>()
  const path = join(folder, "effects.txt")
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : []
  for (const line of lines) {
    const [what, key = ""] = line.split(" ")
    const counts = what === "asked" ? asked : what === "begun" ? begun : null
    counts?.set(key, (counts.get(key) ?? 0) + 1)
  }
  return { asked, begun }
}

interface Before {
  readonly asked: ReadonlyMap<string, number>
  /** Idempotency keys whose record is durable: they must never be asked for again. */
  readonly durable: ReadonlySet<string>
}

function finishedEffects(folder: string): Before {
  return { asked: effectsOf(folder).asked, durable: durableKeys(folder) }
}

/** I2, I4: what was durable is not asked again; what was in flight is asked at most once more by each new process. */
function checkEffects(folder: string, before: Before): void {
  const { asked } = effectsOf(folder)
  for (const [key, count] of asked) {
    const more = count - (before.asked.get(key) ?? 0)
    expect(more, `${key} asked again`).toBeLessThanOrEqual(before.durable.has(key) ? 0 : 1)
  }
}

/** I1: what a client was told is in the journal. */
function checkAccepted(folder: string): void {
  const db = new DatabaseSync(join(folder, "journal.sqlite"), { readOnly: true })
  const known = new Set(
    db
      .prepare("select run_id from run")
      .all()
      .map((row) => row["run_id"]),
  )
  db.close()
  for (const line of readFileSync(join(folder, "accepted.txt"), "utf8").trim().split("\n"))
    expect(known.has(line.split(" ")[1]), line).toBe(true)
  expect(known.size).toBe(CRASH_SHAPES.length)
}

function durableKeys(folder: string): Set<string> {
  const path = join(folder, "journal.sqlite")
  const keys = new Set<string>()
  if (!existsSync(path)) return keys
  const db = new DatabaseSync(path)
  try {
    for (const row of db.prepare("select run_id, key from entry join run using (run_no)").all()) {
      const key = parseKey(String(row["key"]))
      if (key?.kind !== "invoke") continue
      const { step, iteration, attempt } = key.id
      keys.add(`${String(row["run_id"])}/${step}#${iteration}.${attempt}/${key.batch}`)
    }
  } catch {
    // Killed before the tables were made.
  } finally {
    db.close()
  }
  return keys
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "trimtab-crash-"))
  folders.push(folder)
  return folder
}

/** Exit code of a child, or -1 when a signal ended it. */
function child(folder: string, phase: string, commit: number, killAfterMs: number | null = null): Promise<number> {
  return new Promise((resolve, reject) => {
    const proc = spawn(process.execPath, [bundle, folder, phase, String(commit)], {
      stdio: ["ignore", "inherit", "inherit"],
    })
    proc.on("error", reject)
    const timer = killAfterMs === null ? undefined : setTimeout(() => proc.kill("SIGKILL"), killAfterMs)
    proc.on("exit", (code) => {
      clearTimeout(timer)
      resolve(code ?? -1)
    })
  })
}
