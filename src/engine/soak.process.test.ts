import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, test } from "vitest"
import type { Held } from "./testing/soak-child.ts"

/** Runs of each soak in this sample; `npm run test:long` plays 100,000. */
const RUNS = Number(process.env["TRIMTAB_SOAK_RUNS"] ?? 2_000)
const isLong = RUNS >= 100_000

const folder = mkdtempSync(join(tmpdir(), "trimtab-soak-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each([
  { name: "with a journal in a file", journal: join(folder, "journal.sqlite") },
  { name: "without records", journal: "none" },
])(
  `an engine holds no more after many runs than after its first: ${RUNS} runs $name`,
  ({ journal }) => {
    const args = ["--expose-gc", join(import.meta.dirname, "testing/soak-child.ts"), journal, String(RUNS)]
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" })
    expect(status, stderr).toBe(0)
    const { succeeded, held } = JSON.parse(stdout) as { succeeded: number; held: readonly Held[] }
    expect(succeeded).toBeGreaterThanOrEqual(RUNS)
    const [first, last] = [held[0]!, held.at(-1)!]
    expect(last.descriptors).toBe(first.descriptors)
    expect(last.resources).toBeLessThanOrEqual(first.resources)
    // The heap is what the engine holds. In a short soak the optimizing compiler still adds to it: a fixed part is allowed.
    expect(last.heapBytes).toBeLessThan(first.heapBytes * 1.05 + (isLong ? 0 : 2e6))
    // What the process takes from the system settles only in a long one.
    if (isLong) expect(last.rssBytes).toBeLessThan(first.rssBytes * 1.05)
  },
  3_600_000,
)
