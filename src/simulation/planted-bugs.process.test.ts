import { spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, expect, test } from "vitest"
import { PLANTED_BUGS, type PlantedBug } from "./testing/planted-bugs.ts"

const ROOT = fileURLToPath(new URL("../..", import.meta.url))

/** Enough for the rarest of them: a fault of one kind strikes about one invocation in 160. */
const SEEDS = 150

/** A bug may make the engine busy for ever: that is found, too. */
const DEADLINE_MS = 60_000

let copy = ""

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "trimtab-planted-"))
  cpSync(join(ROOT, "src"), join(copy, "src"), { recursive: true })
  cpSync(join(ROOT, "package.json"), join(copy, "package.json"))
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"))
})

afterAll(() => rmSync(copy, { recursive: true, force: true }))

/** What trials find in the engine with this bug; "" where they find nothing. */
function hunt(bug: PlantedBug | null): string {
  const file = bug === null ? null : join(copy, "src", bug.file)
  const sound = file === null ? "" : readFileSync(file, "utf8")
  if (file !== null && bug !== null) {
    expect(sound.split(bug.text), `${bug.file} has changed: where is "${bug.text}" now?`).toHaveLength(2)
    writeFileSync(
      file,
      sound.replace(bug.text, () => bug.bug),
    )
  }
  const script = join(copy, "src/simulation/testing/hunt.ts")
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, [script, String(SEEDS)], {
    encoding: "utf8",
    timeout: DEADLINE_MS,
  })
  if (file !== null) writeFileSync(file, sound)
  if (signal !== null) return "the engine does not come to an end"
  expect(status, stderr).toBe(0)
  return stdout.trim()
}

test("trials find nothing in the engine as it is", () => {
  expect(hunt(null)).toBe("")
})

test.each(PLANTED_BUGS.map((bug) => [bug.name, bug] as const))("trials find it when %s", (_, bug) => {
  expect(hunt(bug)).not.toBe("")
})
