import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { trimtabIn } from "./testing/imported-project.ts"

// Plans from imported measurements, through the command line: no function exists, no platform is started.

const folder = mkdtempSync(join(tmpdir(), "trimtab-plan-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const trimtab = trimtabIn(folder)

interface PlanDocument {
  readonly latencyMs: number
  readonly costUsd: number
  readonly lowerBound: number
  readonly frontier: readonly { readonly latencyMs: number }[]
  readonly steps: readonly { readonly executions?: number }[]
}

interface Attained extends PlanDocument {
  readonly attainment: { readonly level: number; readonly share: number }
}

beforeAll(() => {
  const configSpace = { memoryMB: { min: 512, max: 3008, step: 64 } }
  const step = { function: "f", configSpace }
  const workflow = {
    name: "diamond",
    functions: { f: { handler: "./none.ts" } },
    steps: { a: step, b: { ...step, after: ["a"] }, c: { ...step, after: ["a"] }, d: { ...step, after: ["b", "c"] } },
  }
  writeFileSync(join(folder, "trimtab.config.json"), JSON.stringify({ workflow }))
  const rows = [512, 1024, 1792, 3008].flatMap((memoryMB) =>
    [0.99, 1, 1.01].map((factor) => `${memoryMB},${((5000 * factor) / Math.min(1, memoryMB / 1769)).toFixed(1)}`),
  )
  writeFileSync(join(folder, "runs.csv"), ["memory_mb,duration_ms", ...rows].join("\n"))
  expect(trimtab("profile", "import", "runs.csv").status).toBe(0)
})

test("a plan comes with its explanation, its frontier, a figure, and a proof that is checked", () => {
  const wanted = ["plan", "--slo", "24s", "--explain", "--frontier", "--svg", "f.svg", "--certificate", "c.json"]
  const planned = trimtab(...wanted, "--json")
  expect(planned.status, planned.stderr).toBe(0)
  const document = JSON.parse(planned.stdout) as PlanDocument
  expect(document).toMatchObject({
    schemaVersion: 1,
    planner: "trimtab",
    platform: "aws-lambda",
    steps: [{ step: "a" }, { step: "b" }, { step: "c" }, { step: "d" }],
    explanation: { steps: [{ step: "a", critical: true }, {}, {}, {}], next: { share: 0.01 } },
  })
  expect(document.latencyMs).toBeLessThanOrEqual(24_000)
  expect(document.lowerBound).toBeLessThanOrEqual(document.costUsd)
  expect(document.frontier.length).toBeGreaterThan(5)
  expect(readFileSync(join(folder, "f.svg"), "utf8")).toMatch(/^<svg [^]*SLO 24\.0 s[^]*<\/svg>\n$/)

  const checked = trimtab("plan", "--check", "c.json")
  expect(checked.status, checked.stderr).toBe(0)
  expect(checked.stdout).toMatch(/keeps the SLO of 24\.0 s.*\nthe proof holds: no plan within it costs less than \$/)

  const file = JSON.parse(readFileSync(join(folder, "c.json"), "utf8")) as { proof: { boundUsd: number } }
  file.proof.boundUsd *= 1.01
  writeFileSync(join(folder, "forged.json"), JSON.stringify(file))
  const forged = trimtab("plan", "--check", "forged.json", "--json")
  expect(forged.status).toBe(1)
  expect(JSON.parse(forged.stdout)).toMatchObject({ schemaVersion: 1, holds: false, keepsGoal: true })
})

test("a plan by scenarios keeps the SLO in the share of runs that was asked for, at its price", () => {
  const by = (percentile: string): Attained => {
    const made = trimtab(
      "plan",
      "--slo",
      "24s",
      "--percentile",
      percentile,
      "--planner",
      "chance-constrained",
      "--json",
    )
    expect(made.status, made.stderr).toBe(0)
    return JSON.parse(made.stdout) as Attained
  }
  const [usual, strict] = [by("p90"), by("p99")]
  expect(usual).toMatchObject({ planner: "chance-constrained", lowerBound: null, attainment: { level: 0.9 } })
  for (const { attainment, latencyMs } of [usual, strict]) {
    // Three standard errors of 2,000 scenarios at the least.
    expect(attainment.share).toBeGreaterThan(attainment.level - 3 * Math.sqrt((0.9 * 0.1) / 2000))
    expect(latencyMs).toBeLessThanOrEqual(24_000)
  }
  expect(strict.costUsd).toBeGreaterThanOrEqual(usual.costUsd)
  const text = trimtab("plan", "--slo", "24s", "--planner", "chance-constrained", "--explain")
  expect(text.stdout).toMatch(/kept in \d+\.\d % of 2,000 fresh scenarios, in \d+\.\d % at least/)
  expect(text.stdout).not.toMatch(/NaN|undefined|Infinity/)
  const proof = trimtab("plan", "--slo", "24s", "--planner", "chance-constrained", "--certificate", "none.json")
  expect(proof.stderr).toMatch(/nothing is proven of plans by chance-constrained/)
})

test("branches and loops are planned as often as they are expected to run", () => {
  const config = JSON.parse(readFileSync(join(folder, "trimtab.config.json"), "utf8")) as {
    workflow: { steps: Record<string, object> }
  }
  const planned = (name: string, probability: number): PlanDocument => {
    const { workflow } = config
    const condition = { path: "bad", operator: "==", value: true, probability }
    const steps = {
      ...workflow.steps,
      b: { ...workflow.steps["b"], when: { step: "a", ...condition } },
      c: { ...workflow.steps["c"], loop: { while: condition, max: 3 } },
    }
    writeFileSync(join(folder, name), JSON.stringify({ ...workflow, steps }))
    const made = trimtab("plan", "--slo", "24s", "--config", name, "--json")
    expect(made.status, made.stderr).toBe(0)
    return JSON.parse(made.stdout) as PlanDocument
  }
  const [rare, frequent] = [planned("rare.json", 0.1), planned("frequent.json", 0.4)]
  expect(rare.costUsd).toBeLessThan(frequent.costUsd)
  expect(frequent).toMatchObject({ steps: [{ step: "a" }, { executions: 0.4 }, {}, {}] })
  // 0.6 x 1 + 0.24 x 2 + 0.16 x 3 executions.
  expect(frequent.steps[2]!.executions).toBeCloseTo(1.56, 9)
  expect(frequent.steps[0]!.executions).toBeUndefined()
  expect(trimtab("plan", "--slo", "24s", "--config", "rare.json").stdout).toMatch(/per run[^]* 0\.1 /)
})

test("what cannot be planned is refused in one line with its own exit code", () => {
  const unknown = trimtab("plan", "--slo", "24s", "--planner", "fastest")
  expect([unknown.status, unknown.stdout]).toEqual([2, ""])
  expect(unknown.stderr).toMatch(/^error: there is no planner fastest; use one of trimtab, chance-constrained, /)
  const nobody = trimtab("run", "--slo", "24s", "--policy", "nobody")
  expect([nobody.status, nobody.stdout]).toEqual([2, ""])
  expect(nobody.stderr).toMatch(/^error: there is no policy nobody; use one of trimtab, stepconf, .*static/)
  const unreachable = trimtab("plan", "--slo", "1s", "--json")
  expect(unreachable.status).toBe(3)
  expect(JSON.parse(unreachable.stdout)).toMatchObject({ error: { code: "goal-unreachable" } })
  expect(unreachable.stderr).toMatch(/no plan finishes in 1,000 ms \(fastest: .*the cheapest .* and \$/)
})

test("planners are listed with what they can do", () => {
  const { planners, policies } = JSON.parse(trimtab("planners", "--json").stdout) as Record<string, { name: string }[]>
  expect(planners!.map(({ name }) => name)).toContain("stepconf-published")
  expect(planners![0]).toEqual({
    name: "trimtab",
    kind: "static",
    goals: ["cost", "latency"],
    knobs: ["memory", "instances", "processes"],
    exactness: "bounded",
    source: "trimtab",
  })
  expect(planners!.map(({ name }) => name)).toContain("chance-constrained")
  expect(policies![0]).toMatchObject({ name: "trimtab", kind: "online", goals: ["cost", "latency"] })
})
