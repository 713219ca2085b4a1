import { spawnSync } from "node:child_process"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"

// The example of the guide to profiles, taken from its text and run.

const root = resolve(import.meta.dirname, "..")
const guide = join(root, "docs/guides/profiles.md")
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

test("the table becomes a curve, as written", async () => {
  const commands = [...text.matchAll(/^trimtab (.*?) *#/gm)].map((match) => match[1]!.trim().split(" "))
  expect(commands.map((words) => words.slice(0, 2).join(" "))).toEqual([
    "profile import",
    "profile show",
    "estimate resize",
  ])
  const outputs = commands.map((words) => {
    const ended = spawnSync(process.execPath, [join(root, "bin/trimtab.js"), ...words], {
      cwd: folder,
      encoding: "utf8",
    })
    expect(ended.status, ended.stderr).toBe(0)
    return ended.stdout
  })
  expect(outputs[0]).toContain("added 15 samples")
  expect(outputs[2]).toMatch(/1,024 MB .*measured .*3 samples: 1,159 ms/)
  expect(await readFile(join(folder, "curve.svg"), "utf8")).toContain("measured, median")
})

test("every link leads to a file", async () => {
  const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1]!)
  for (const link of links) await expect(readFile(join(guide, "..", link)), link).resolves.toBeDefined()
})
