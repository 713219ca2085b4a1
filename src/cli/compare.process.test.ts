import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import type { ArenaReport } from "../report/arena-report.ts"
import { importedProject } from "./testing/imported-project.ts"

// Strategies compared from imported measurements, through the command line: no function exists, no platform is started.

const folder = mkdtempSync(join(tmpdir(), "trimtab-compare-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let trimtab: ReturnType<typeof importedProject>
beforeAll(() => {
  trimtab = importedProject(folder)
})

test("strategies are compared on the same runs: table, JSON, CSV and one page", () => {
  const args = [
    "compare",
    "--only",
    "trimtab,static:vanilla,static:default",
    "--runs",
    "40",
    "--arrivals",
    "poisson:10/min",
  ]
  const ended = trimtab(...args, "--json", "--html", "page.html", "--csv", "rows.csv")
  expect(ended.status, ended.stderr).toBe(0)
  const report = JSON.parse(ended.stdout) as ArenaReport
  expect(report).toMatchObject({ schemaVersion: 1, workflow: "frames", first: "trimtab", runs: 40 })
  expect(report.strategies.map(({ name }) => name).toSorted()).toEqual(["static:default", "static:vanilla", "trimtab"])
  const ours = report.strategies.find(({ name }) => name === "trimtab")!
  const vanilla = report.strategies.find(({ name }) => name === "static:vanilla")!
  expect(ours.attainment.high).toBeGreaterThanOrEqual(0.95)
  // One instance with one process needs larger sizes for the same time.
  if (vanilla.out === null && vanilla.attainment.high >= 0.95) expect(vanilla.costOverFirst!.low).toBeGreaterThan(0)
  const page = readFileSync(join(folder, "page.html"), "utf8")
  for (const text of ["strategies compared", "static:default", "Attainment over cost"]) expect(page).toContain(text)
  expect(readFileSync(join(folder, "rows.csv"), "utf8").trim().split("\n")).toHaveLength(4)
  const table = trimtab(...args).stdout
  expect(table).toMatch(/frames as measured.*: 40 runs each, poisson:10\/min/)
  expect(table).toContain("against trimtab")
})

test("a strategy that is none is named, with those that there are", () => {
  const ended = trimtab("compare", "--only", "trimtab,nobody")
  expect([ended.status, ended.stdout]).toEqual([2, ""])
  expect(ended.stderr).toMatch(
    /^error: there is no strategy nobody for this goal; use some of trimtab, .*static:oracle/,
  )
  expect(trimtab("compare", "--only", "a,,b").status).toBe(2)
})
