import { spawnSync } from "node:child_process"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"

// The example of the guide to plans, taken from its text and run.

const root = resolve(import.meta.dirname, "..")
const guide = join(root, "docs/guides/planning.md")
let folder: string
let text: string

beforeAll(async () => {
  text = await readFile(guide, "utf8")
  folder = await mkdtemp(join(tmpdir(), "trimtab-guide-"))
  for (const name of ["trimtab.config.json", "measured.csv"]) {
    const block = /```\w+\n([^]*?)```/.exec(text.slice(text.indexOf(`\`${name}\``)))
    await writeFile(join(folder, name), block![1]!)
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test("measurements become a plan with its reasons and its proof, as written", async () => {
  const commands = [...text.matchAll(/^trimtab (.*?) *#/gm)].map((match) => match[1]!.trim().split(" "))
  const outputs = commands.map((words) => {
    const ended = spawnSync(process.execPath, [join(root, "bin/trimtab.js"), ...words], {
      cwd: folder,
      encoding: "utf8",
    })
    expect(ended.status, ended.stderr).toBe(0)
    return ended.stdout
  })
  const [imported, explained, frontier, , checked, published] = outputs
  expect(imported).toContain("added 30 samples")
  expect(explained).toMatch(/recognise: .* on the critical path\n {2}why {6}the next cheaper one would miss the SLO/)
  expect(frontier).toContain("chosen by trimtab")
  expect(checked).toContain("the proof holds")
  expect(published).toMatch(/at most .* % above the optimum: no plan costs less than/)
  expect(await readFile(join(folder, "frontier.svg"), "utf8")).toContain("SLO 6,000 ms")
})

test("every flag of the table exists, and every link leads to a file", async () => {
  const help = spawnSync(process.execPath, [join(root, "bin/trimtab.js"), "plan", "--help"], {
    encoding: "utf8",
  }).stdout
  const flags = [...text.matchAll(/^\| (`--.*?) \|/gm)].flatMap(([, cell]) => cell!.match(/--\w+/g)!)
  expect(flags.length).toBeGreaterThan(8)
  for (const flag of flags) if (flag !== "--json") expect(help).toContain(flag)
  const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1]!)
  for (const link of links) await expect(readFile(join(guide, "..", link)), link).resolves.toBeDefined()
})
