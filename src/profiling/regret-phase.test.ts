import { beforeAll, describe, expect, test } from "vitest"
import type { InstanceSample } from "../estimation/sample.ts"
import { inRange } from "../workflow/config.ts"
import type { Goal } from "../workflow/goal.ts"
import { profileWorkflow } from "./campaign.ts"
import type { CampaignReport } from "./campaign-report.ts"
import { MARK, NUMBERS, type Setting, setting } from "./testing/numbers-workflow.ts"

const GOAL: Goal = { kind: "cost", sloMs: 4_000, percentile: 0.95 }
const until = { share: 0.03, runs: 1000, goals: [GOAL] }
const never = { ...until, share: 1e-6 }

async function instances({ options }: Setting, name: string): Promise<InstanceSample[]> {
  const { samples } = await options.profiles.read(name)
  return samples.filter((sample) => sample.kind === "instance")
}

describe("a campaign led by regret", () => {
  let set: Setting
  let report: CampaignReport
  const shares: number[] = []
  beforeAll(async () => {
    set = setting({}, { until, onProgress: ({ done, total }) => shares.push(done / total) })
    report = await profileWorkflow(set.options)
  }, 60_000)

  test("says why it stopped, how sure the plan is, and when it is paid back", () => {
    expect(report).toMatchObject({ ended: "complete", failures: 0, outputs: { join: 132 } })
    const { standing } = report
    expect(standing).toMatchObject({ reason: "regret", goal: GOAL })
    expect(Object.keys(standing!.plan)).toEqual(["cut", "mark", "join"])
    expect(standing!.regret.share95).toBeLessThanOrEqual(0.03)
    expect(report.paybackRuns).toBe(Math.ceil(report.costUsd / standing!.savingUsd))
  })

  test("measures the plan's own sizes, and only what steps may have", async () => {
    for (const { name, configSpace } of NUMBERS.steps) {
      const sizes = (await instances(set, name)).map(({ memoryMB }) => memoryMB)
      expect(sizes).toContain(report.standing!.plan[name]!.memoryMB)
      expect(sizes.filter((memoryMB) => !inRange(configSpace.memoryMB, memoryMB))).toEqual([])
    }
  })

  test("tells its progress up to the end", () => {
    expect(shares.at(-1)).toBe(1)
    for (const [i, share] of shares.slice(1).entries())
      expect(share, `${i}: ${shares.join(" ")}`).toBeGreaterThanOrEqual(shares[i]!)
  })

  test("asks for nothing once it has stopped by itself", async () => {
    const before = set.fake.requests.length
    expect(await profileWorkflow(set.options)).toMatchObject({ invocations: 0, costUsd: 0, paybackRuns: null })
    expect(set.fake.requests.length).toBe(before)
  })

  test("is the same twice", async () => {
    const again = setting({}, { until })
    expect(await profileWorkflow(again.options)).toEqual(report)
    const asked = ({ fake }: Setting): unknown[] => fake.requests.map(({ variant }) => variant)
    expect(asked(again)).toEqual(asked(set).slice(0, report.invocations))
  }, 60_000)

  test("goes on where it was cut off", async () => {
    const cut = setting({}, { until })
    cut.fake.instead = (n) => {
      if (n >= report.invocations - 2) throw new Error("killed")
      return undefined
    }
    await expect(profileWorkflow(cut.options)).rejects.toThrow("killed")
    const before = cut.fake.requests.length
    cut.fake.instead = () => undefined
    const resumed = await profileWorkflow(cut.options)
    expect(resumed.standing?.reason).toBe("regret")
    expect(cut.fake.requests.length - before).toBe(resumed.invocations)
    expect(resumed.invocations).toBeLessThan(report.invocations / 2)
  }, 60_000)
})

test("the ledger equals the bill of all invocations, failed ones included", async () => {
  const set = setting({ mark: { ...MARK, peakMB: 2500 } }, { until: never, budget: { maxInvocations: 40 } })
  const { platform } = set.options
  let billed = 0n
  set.fake.disturb = (record) => {
    for (const { quantity } of platform.meters(record)) billed += quantity
    return record
  }
  const report = await profileWorkflow(set.options)
  expect(report.failures).toBeGreaterThan(0)
  expect(report.invocations).toBe(set.fake.requests.length)
  expect(report.costLines.reduce((sum, line) => sum + line.quantity, 0n)).toBe(billed)
}, 60_000)

test("a size that fails is a data point, and is not asked for again", async () => {
  const set = setting({ mark: { ...MARK, peakMB: 2500 } }, { until })
  const report = await profileWorkflow(set.options)
  expect(report.standing!.plan["mark"]!.memoryMB).toBeGreaterThanOrEqual(2500)
  const failed = (await instances(set, "mark")).filter(({ outcome }) => outcome !== "ok")
  // The instances of one volley fail together.
  expect(new Set(failed.map(({ atMs }) => atMs)).size).toBe(new Set(failed.map(({ memoryMB }) => memoryMB)).size)
}, 60_000)

describe("a campaign led by regret keeps within", () => {
  let least: CampaignReport
  beforeAll(async () => {
    least = await profileWorkflow(setting({}, { until: { ...until, share: 1e-6, runs: 1e-9 } }).options)
  }, 60_000)

  test("what its runs may pay for", () => {
    expect(least).toMatchObject({ ended: "complete", standing: { reason: "not-worth", measurements: 0 } })
  })

  test("its money", async () => {
    const maxUsd = 1.2 * least.costUsd
    const report = await profileWorkflow(setting({}, { until: never, budget: { maxUsd, maxMs: 60_000 } }).options)
    expect(report).toMatchObject({ ended: "cost", standing: { reason: "cost" } })
    // What it will cost is known about, not exactly.
    expect(report.costUsd).toBeLessThan(1.05 * maxUsd)
  }, 60_000)

  test("its invocations", async () => {
    const maxInvocations = least.invocations + 3
    const report = await profileWorkflow(
      setting({}, { until: never, budget: { maxInvocations, maxMs: 60_000 } }).options,
    )
    expect(report).toMatchObject({ ended: "invocations", standing: { reason: "invocations" } })
    expect(report.invocations).toBeLessThanOrEqual(maxInvocations)
  }, 60_000)

  test("its time", async () => {
    const maxMs = least.elapsedMs + 1_000
    const report = await profileWorkflow(setting({}, { until: never, budget: { maxMs } }).options)
    expect(report).toMatchObject({ ended: "time", standing: { reason: "time" } })
    expect(report.elapsedMs).toBeLessThan(maxMs + 1_000)
  }, 60_000)

  test("budgets that are positive numbers", async () => {
    for (const budget of [{ maxUsd: 0 }, { maxMs: Number.NaN }, { maxInvocations: -1 }])
      await expect(profileWorkflow(setting({}, { budget }).options)).rejects.toMatchObject({ code: "usage" })
  })
})
