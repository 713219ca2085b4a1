import { expect, test } from "vitest"
import { type StepConfPreset, sequentialRun } from "../../src/optimization/baselines/stepconf/sequential-run.ts"
import { searchCost } from "../../src/optimization/branch-and-bound/search-cost.ts"
import { schedule } from "../../src/workflow/critical-path.ts"
import { type Family, type Instance, instanceOf, sloOf, STEPCONF_FAMILIES } from "./instances.ts"

/** Means above the optimum in % that StepConf's windows, recomputed before every step, had in an earlier measurement. */
const EXPECTED_PCT: Readonly<Record<string, readonly [atOneAndAHalf: number, atThree: number]>> = {
  ml: [2.2, 1.3],
  vp: [4.6, 2.5],
  dag16: [3.0, 2.2],
}

const SEEDS = Array.from({ length: 12 }, (_, i) => i + 1)

function gapPct(instance: Instance, sloMs: number, preset: StepConfPreset): number {
  const optimum = searchCost(instance, sloMs, { gap: 1e-3, maxNodes: 2000 })!
  const selection = sequentialRun(instance, sloMs, preset)
  const costUsd = instance.curves.reduce((sum, curve, i) => sum + curve.costUsd[selection[i]!]!, 0)
  return 100 * (costUsd / optimum.costUsd - 1)
}

test.each(STEPCONF_FAMILIES.map((family): [string, Family] => [family.name, family]))(
  "Algorithm 1 on %s: published is as near to the optimum as expected, repaired keeps every deadline",
  (name, family) => {
    const instances = SEEDS.map((seed) => instanceOf(family, seed))
    for (const [column, factor] of [1.5, 3].entries()) {
      const gaps = instances.map((instance) => gapPct(instance, sloOf(instance, factor), "published"))
      const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
      // Gaps of single instances reach 30 %: the mean of twelve moves by some 2 points from one set to the next.
      expect(Math.abs(mean - EXPECTED_PCT[name]![column]!)).toBeLessThan(5)
    }
    for (const instance of instances) {
      const sloMs = 1.05 * instance.fastestMs
      const selection = sequentialRun(instance, sloMs, "repaired")
      const times = instance.curves.map((curve, i) => curve.latencyMs[selection[i]!]!)
      expect(schedule(instance.graph, times).length).toBeLessThanOrEqual(sloMs * (1 + 1e-8))
    }
  },
)
