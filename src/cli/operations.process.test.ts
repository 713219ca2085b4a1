import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { trimtabIn } from "./testing/imported-project.ts"

// A plan for functions that were never measured: one local run of each, through the command line and a real platform.

const folder = mkdtempSync(join(tmpdir(), "trimtab-operations-cli-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const trimtab = trimtabIn(folder)

/** Milliseconds of CPU time that a task takes. */
const BUSY_MS = 60
const SPIN = `
export function spin(ms: number): number {
  const started = process.cpuUsage()
  let turns = 0
  for (;;) {
    for (let i = 0; i < 10000; i++) turns += i % 3
    const { user, system } = process.cpuUsage(started)
    if ((user + system) / 1000 >= ms) return turns
  }
}
`

beforeAll(() => {
  writeFileSync(join(folder, "spin.ts"), SPIN)
  writeFileSync(join(folder, "list.ts"), "export const handler = (count: number) => Array(count).fill(1)\n")
  writeFileSync(
    join(folder, "work.ts"),
    `import { spin } from "./spin.ts"\nexport const handler = (task: number) => spin(${BUSY_MS}) > 0 ? task : 0\n`,
  )
  const memoryMB = { min: 256, max: 3008, step: 64 }
  const workflow = {
    name: "spins",
    functions: { list: { handler: "./list.ts" }, work: { handler: "./work.ts" } },
    steps: {
      list: { function: "list", split: "none", configSpace: { memoryMB } },
      work: { function: "work", after: ["list"], split: "each", configSpace: { memoryMB } },
    },
  }
  writeFileSync(join(folder, "trimtab.config.json"), JSON.stringify({ workflow, input: 6 }))
})

interface OperationsDocument {
  readonly functions: readonly {
    readonly function: string
    readonly state: string
    readonly tasks: number
    readonly profile: { readonly local: { readonly userMs: number; readonly systemMs: number } }
  }[]
  readonly invocations: number
}

test("one local run of each function is enough to estimate and to plan, marked as transferred", () => {
  const before = trimtab("plan", "--slo", "60s", "--json")
  expect(before.status).toBe(1)
  expect(before.stderr).toMatch(/not measured yet: list, work;/)

  const counted = trimtab("profile", "--operations", "--json")
  expect(counted.status, counted.stderr).toBe(0)
  // Which of its lines a throttled progress shows depends on the machine's speed; that it names the functions does not.
  expect(counted.stderr).toMatch(/^counting operations, (list|work)/m)
  const document = JSON.parse(counted.stdout) as OperationsDocument
  expect(document).toMatchObject({ schemaVersion: 1, source: "portable" })
  expect(document.functions.map((one) => [one.function, one.state])).toEqual([
    ["list", "measured"],
    ["work", "measured"],
  ])
  const { tasks, profile } = document.functions[1]!
  expect(tasks).toBe(4)
  // A busy machine makes the wall time longer, never the CPU time shorter.
  expect(profile.local.userMs + profile.local.systemMs).toBeGreaterThanOrEqual(tasks * BUSY_MS)

  const again = trimtab("profile", "--operations")
  expect(again.status, again.stderr).toBe(0)
  expect(again.stdout).toMatch(/work +known +4 /)
  expect(again.stdout).toContain("counted already (portable source): nothing to run")

  const shown = trimtab("profile", "show")
  expect(shown.stdout).toMatch(/work .* portable /)

  const estimated = trimtab("estimate", "work", "--tasks", "1", "--memory", "256,885,1769", "--json")
  expect(estimated.status, estimated.stderr).toBe(0)
  const [step] = (JSON.parse(estimated.stdout) as { steps: { points: Point[]; basis: object }[] }).steps
  expect(step!.basis).toMatchObject({ transferred: true })
  expect(step!.points.map(({ support }) => support)).toEqual(["transferred", "transferred", "transferred"])
  // Nearer to work / share than a function of another size would be; less memory takes longer.
  const [least, half, whole] = step!.points.map(({ medianMs }) => medianMs)
  expect(least!).toBeGreaterThan(half!)
  expect(half!).toBeGreaterThan(whole!)
  expect(least! / (BUSY_MS / (256 / 1769))).toBeGreaterThan(0.6)

  const planned = trimtab("plan", "--slo", "60s", "--json")
  expect(planned.status, planned.stderr).toBe(0)
  expect(JSON.parse(planned.stdout)).toMatchObject({ platform: "local", steps: [{ step: "list" }, { step: "work" }] })
})

interface Point {
  readonly medianMs: number
  readonly support: string
}

test("sources are never mixed: what another one counted is refused with what to run", () => {
  const file = join(folder, ".trimtab/profiles/work.operations.ndjson")
  const kept = readFileSync(file, "utf8")
  writeFileSync(file, kept.replaceAll('"source":"portable"', '"source":"extended"'))
  const refused = trimtab("estimate", "--json")
  writeFileSync(file, kept)
  expect(refused.status).toBe(2)
  expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: "unsupported", where: "work" } })
  expect(refused.stderr).toMatch(
    /^error: the operations of work were counted by the extended source.*`trimtab profile --operations --source portable`\n$/,
  )
})

test("an unknown source and a time limit are mistakes of the command line", () => {
  const unknown = trimtab("profile", "--operations", "--source", "guesses")
  expect([unknown.status, unknown.stdout]).toEqual([2, ""])
  expect(unknown.stderr).toMatch(/portable, extended/)
  const limited = trimtab("profile", "--operations", "--max-time", "3s")
  expect(limited.status).toBe(2)
})
