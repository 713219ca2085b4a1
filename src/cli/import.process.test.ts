import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type Ended, trimtabIn } from "./testing/imported-project.ts"

// Measurements of others, through the command line: no function of the project exists, no platform is started.

const folder = mkdtempSync(join(tmpdir(), "trimtab-import-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const trimtab = trimtabIn(folder)

/** The one line that says what is wrong. */
function complaint({ stderr }: Ended): string {
  const lines = stderr.split("\n").filter((line) => /^(error|internal)/.test(line))
  expect(lines, stderr).toHaveLength(1)
  expect(stderr).not.toMatch(/\n\s+at /)
  return lines[0]!
}

/** 20 s of work on one vCPU of 1,769 MB, in ms. */
const timeAt = (memoryMB: number): number => 20_000 / Math.min(1, memoryMB / 1769)
const ROWS = [512, 1024, 1792, 3008].flatMap((memoryMB) =>
  [0.99, 1, 1.01].map((factor, i) => `2026-03-01T10:0${i}:00Z,${memoryMB},${(timeAt(memoryMB) * factor).toFixed(1)}`),
)

beforeAll(() => {
  const configSpace = { memoryMB: { min: 512, max: 3008, step: 64 } }
  const workflow = {
    name: "w",
    functions: { resize: { handler: "./none.ts" }, join: { handler: "./none.ts" } },
    steps: { small: { function: "resize", configSpace }, all: { function: "join", after: ["small"] } },
  }
  writeFileSync(join(folder, "trimtab.config.json"), JSON.stringify({ workflow }))
  writeFileSync(join(folder, "runs.csv"), ["at,memory_mb,duration_ms", ...ROWS].join("\n"))
  writeFileSync(join(folder, "bad.csv"), ["at,memory_mb,duration_ms", ...ROWS, "2026-03-01,512,NaN"].join("\n"))
  const id = "8f507cfc-4a1b-4697-b07a-ac58fc914c95"
  const report = `REPORT RequestId: ${id}\tDuration: 19900.00 ms\tBilled Duration: 19900 ms\tMemory Size: 2048 MB\tMax Memory Used: 83 MB`
  writeFileSync(join(folder, "log.gz"), gzipSync(`START\n2026-03-02T10:00:00.000Z ${report}\t\n`))
})

test("what is wrong is said in one line with its place, and nothing is imported", () => {
  const bad = trimtab("profile", "import", "runs.csv", "bad.csv", "--function", "resize")
  expect(bad.status).toBe(1)
  expect(complaint(bad)).toBe(
    'error: bad.csv:14: duration_ms is "NaN"; nothing was imported; mend the file or give --skip-bad',
  )
  expect(bad.stdout).toBe("")
  const unnamed = trimtab("profile", "import", "runs.csv")
  expect([unnamed.status, complaint(unnamed)]).toEqual([
    2,
    "error: runs.csv: it does not say which function it is of; give --function resize|join",
  ])
  const missing = trimtab("profile", "import", "none.log", "--json")
  expect(missing.status).toBe(2)
  expect(JSON.parse(missing.stdout)).toMatchObject({ error: { code: "usage", where: join(folder, "none.log") } })
  const empty = trimtab("estimate", "--json")
  expect([empty.status, complaint(empty)]).toEqual([
    1,
    "error: not measured yet: resize, join; run `trimtab profile`, or `trimtab profile import` with logs of it",
  ])
})

test("imported measurements are enough for an estimate", () => {
  const dry = trimtab("profile", "import", "runs.csv", "--function", "resize", "--dry-run")
  expect(dry.stdout).toContain("runs.csv (csv): would add 12 samples")
  const added = trimtab("profile", "import", "bad.csv", "log.gz", "--function", "resize", "--skip-bad", "--json")
  expect(added.status, added.stderr).toBe(0)
  expect(JSON.parse(added.stdout)).toMatchObject({
    schemaVersion: 1,
    dryRun: false,
    files: [
      { file: "bad.csv", format: "csv", added: 12, refused: 1, bad: [{ at: "14" }] },
      { file: "log.gz", format: "report", added: 1, functions: [{ function: "resize", memoryMB: [2048] }] },
    ],
  })
  const again = trimtab("profile", "import", "runs.csv", "log.gz", "--function", "resize")
  expect(again.stdout).toContain("added 0 samples; 12 samples known already")
  expect(readFileSync(join(folder, ".trimtab/profiles/resize.ndjson"), "utf8").trim().split("\n")).toHaveLength(13)

  const shown = trimtab("profile", "show")
  expect(shown.stdout).toMatch(/resize\s+13\s+13\s+12 import, 1 log\s+512, 1024, 1792, 2048, 3008 MB/)

  const estimated = trimtab("estimate", "--svg", "curves.svg", "--json")
  expect(estimated.status, estimated.stderr).toBe(0)
  const document = JSON.parse(estimated.stdout) as {
    steps: { step: string; points: { memoryMB: number; medianMs: number; lowMs: number; highMs: number }[] }[]
  }
  expect(document.steps.map(({ step }) => step)).toEqual(["small"])
  // 20 s of work on one vCPU. A quarter leaves room for all that the shape of the curve is not known from.
  for (const { memoryMB, medianMs, lowMs, highMs } of document.steps[0]!.points) {
    expect(Math.abs(medianMs / timeAt(memoryMB) - 1)).toBeLessThan(0.25)
    expect(lowMs < medianMs && medianMs < highMs).toBe(true)
  }
  const svg = readFileSync(join(folder, "curves.svg"), "utf8")
  expect(svg).toMatch(/^<svg [^]*<\/svg>\n$/)
  expect(svg).not.toMatch(/NaN|Infinity|undefined/)
  // Attributes without a value are no XML.
  for (const [tag] of svg.replaceAll(/"[^"]*"/g, '""').matchAll(/<[^>]+>/g))
    expect(tag).toMatch(/^<\/?[\w-]+(\s[\w:-]+="")*\s*\/?>$/)

  const one = trimtab("estimate", "small", "--memory", "1024", "--warm", "0", "--percentile", "p99")
  expect(one.stdout).toMatch(
    /small \(function resize\): 1 task on 1 instance of 1 process, started cold\nfrom 13 samples/,
  )
  expect(one.stdout).toMatch(/p99/)
})
