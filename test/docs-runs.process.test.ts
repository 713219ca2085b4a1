import { spawnSync } from "node:child_process"
import { readFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { expect, test } from "vitest"
import { parseWorkflowText } from "../src/workflow/parse.ts"

// The example of the guide to runs, taken from its text, and its flags.

const root = resolve(import.meta.dirname, "..")
const text = await readFile(join(root, "docs/guides/runs.md"), "utf8")

test("the example is a workflow, with the steps that the text names", () => {
  const { steps, goal } = parseWorkflowText(/```yaml\n([^]*?)```/.exec(text)![1]!, "runs.md")
  expect(steps.map(({ name }) => name)).toEqual(["list", "photos.scale", "photos.tag", "page"])
  expect(steps[1]).toMatchObject({ hedge: true })
  expect(goal).toMatchObject({ onDeadline: "cancel" })
})

test("every flag and every value of one exists", () => {
  const help = spawnSync(process.execPath, [join(root, "bin/trimtab.js"), "run", "--help"], { encoding: "utf8" }).stdout
  for (const [, flag] of text.matchAll(/`(--[a-z-]+)/g)) expect(help).toContain(flag)
  const values = [...text.matchAll(/`--(?:hedge|on-deadline) (\w+)`/g), ...text.matchAll(/^\| `(\w+)`/gm)]
  expect(values.length).toBeGreaterThan(4)
  for (const [, value] of values) expect(help).toContain(`"${value}"`)
})
