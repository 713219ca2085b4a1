import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { afterAll, beforeAll, expect, test } from "vitest"
import { seededRandom } from "../base/random.ts"
import { playRuns } from "../tuner/testing/played-runs.ts"
import { UNDAMAGED, writeLogs } from "../tuner/testing/damaged-logs.ts"
import { randomPipeline } from "../tuner/testing/random-pipeline.ts"
import { truePipeline, type TruePipeline } from "../tuner/testing/true-pipeline.ts"
import { trimtabIn } from "./testing/imported-project.ts"

// Logs as files, through the command line, without any project.

const folder = mkdtempSync(join(tmpdir(), "trimtab-observe-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const trimtab = trimtabIn(folder)
let truth: TruePipeline

/** Seed of a workflow with a fork and a choice. */
const SEED = 2

beforeAll(async () => {
  const played = await playRuns({ workflow: randomPipeline(SEED), runs: 400, seed: SEED })
  truth = truePipeline(played)
  const { logs } = writeLogs(played.invocations, UNDAMAGED, { form: "report", random: seededRandom(1) })
  mkdirSync(join(folder, "logs"))
  for (const [i, [name, lines]] of [...logs].entries()) {
    const text = `${lines.join("\n")}\n`
    if (i === 0) writeFileSync(join(folder, "logs", `${name}.log.gz`), gzipSync(text))
    else writeFileSync(join(folder, "logs", `${name}.log`), text)
  }
  writeFileSync(join(folder, "empty.log"), "")
  writeFileSync(
    join(folder, "undated.log"),
    logs
      .values()
      .next()
      .value!.map((line) => line.replace(/^\S+Z /, ""))
      .join("\n"),
  )
})

test("a folder of logs becomes the workflow that wrote them, as JSON, table and page", () => {
  const json = trimtab("observe", "logs", "--json", "--html", "page.html")
  expect(json.status, json.stderr).toBe(0)
  const document = JSON.parse(json.stdout) as {
    schemaVersion: number
    runsSeen: number
    pipeline: { edges: { from: string; to: string }[] }
  }
  expect(document).toMatchObject({ schemaVersion: 1, runsSeen: 400, clocks: [] })
  expect(new Set(document.pipeline.edges.map(({ from, to }) => `${from}>${to}`))).toEqual(truth.edges)
  const page = readFileSync(join(folder, "page.html"), "utf8")
  expect(page).toContain("The pipeline")
  expect(page).toContain('data-step="f0"')
  const table = trimtab("observe", "logs")
  expect(table.status).toBe(0)
  expect(table.stdout).toMatch(/^\d+ steps in 400 runs/)
  expect(table.stdout).toContain("critical in")
})

test.each([
  [["observe", "none.log"], 2, "none.log does not exist"],
  [["observe", "empty.log"], 1, "no invocation in 0 lines"],
  [["observe", "undated.log"], 1, "no line that says when they were"],
  [["observe"], 2, "no trimtab.config.ts here or above"],
] as const)("%s: what is wrong in one line", (args, status, message) => {
  const ended = trimtab(...args)
  expect(ended.status).toBe(status)
  expect(ended.stdout).toBe("")
  expect(ended.stderr).toContain(message)
  expect(ended.stderr).not.toMatch(/\n\s+at /)
})
