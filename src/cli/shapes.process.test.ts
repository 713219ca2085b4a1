import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, test } from "vitest"
import type { RunResult } from "../workflow/run-result.ts"
import { trimtabIn } from "./testing/imported-project.ts"

const folder = mkdtempSync(join(tmpdir(), "trimtab-shapes-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const trimtab = trimtabIn(folder)

const one = { min: 1, max: 1 }
const configSpace = { memoryMB: { min: 256, max: 512, step: 256 }, instances: { min: 1, max: 2 }, processes: one }
const WORKFLOW = {
  name: "faces",
  functions: Object.fromEntries(
    ["find", "beautify", "blur", "refine", "encode"].map((f) => [f, { handler: `./${f}.ts` }]),
  ),
  steps: {
    find: { function: "find", configSpace: { ...configSpace, instances: one } },
    beautify: {
      function: "beautify",
      after: ["find"],
      when: { step: "find", path: "faces.length", operator: ">", value: 0, probability: 0.5 },
      map: { step: "find", path: "faces", expected: [0, 3] },
      configSpace,
    },
    blur: {
      function: "blur",
      after: ["find"],
      when: { step: "find", path: "faces.length", operator: "==", value: 0, probability: 0.5 },
      configSpace: { ...configSpace, instances: one },
    },
    refine: {
      function: "refine",
      after: ["beautify", "blur"],
      loop: { while: { path: "sharp", operator: "<", value: 3, probability: 0.5 }, max: 5 },
      configSpace: { ...configSpace, instances: one },
    },
    encode: { function: "encode", after: ["refine"], configSpace: { ...configSpace, instances: one } },
  },
}
const HANDLERS = {
  find: "(count: number) => ({ faces: Array.from({ length: count }, (_, i) => `face ${i}`) })",
  beautify: "(face: string) => `${face}, beautiful`",
  blur: "() => 'blurred'",
  refine: "(last: { sharp?: number; seen?: unknown }) => ({ sharp: (last.sharp ?? 0) + 1, seen: last.seen ?? last })",
  encode: "(last: unknown) => last",
}

test("the number of faces that is found decides what is profiled, run and paid", () => {
  for (const [name, body] of Object.entries(HANDLERS))
    writeFileSync(
      join(folder, `${name}.ts`),
      `const work = ${body}\nexport const handler = async (task: never) => work(task)\n`,
    )
  writeFileSync(join(folder, "workflow.json"), JSON.stringify(WORKFLOW))
  writeFileSync(
    join(folder, "trimtab.config.json"),
    JSON.stringify({ workflow: "./workflow.json", input: 3, platform: { kind: "local" } }),
  )
  const first = trimtab("profile", "--max-time", "8s", "--json")
  expect(first.status, first.stderr).toBe(0)
  expect(JSON.parse(first.stdout)).toMatchObject({ unreached: ["blur"] })
  expect(first.stderr).toMatch(/not reached by this input: blur; profile again with another --input/)
  const none = trimtab("profile", "--max-time", "8s", "--input", "0", "--json")
  expect(JSON.parse(none.stdout)).toMatchObject({ unreached: ["beautify"] })

  const run = (input: string): RunResult => {
    const ended = trimtab("run", "--slo", "60s", "--input", input, "--json")
    expect(ended.status, ended.stderr).toBe(0)
    return JSON.parse(ended.stdout) as RunResult
  }
  const three = run("3")
  expect(three.output).toEqual({
    sharp: 3,
    seen: { beautify: ["face 0, beautiful", "face 1, beautiful", "face 2, beautiful"] },
  })
  expect(three.steps.map(({ name, status, tasks, iterations }) => [name, status, tasks, iterations])).toEqual([
    ["find", "succeeded", 1, undefined],
    ["beautify", "succeeded", 3, undefined],
    ["blur", "skipped", 0, undefined],
    ["refine", "succeeded", 1, 3],
    ["encode", "succeeded", 1, undefined],
  ])
  const zero = run("0")
  expect(zero.output).toEqual({ sharp: 3, seen: { blur: "blurred" } })
  expect(zero.steps.find(({ name }) => name === "beautify")).toMatchObject({ status: "skipped", costUsd: 0 })
  const shown = trimtab("show", zero.runId).stdout
  expect(shown).toMatch(/beautify .*skipped/)
}, 180_000)
