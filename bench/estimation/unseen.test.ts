import { expect, test } from "vitest"
import { seededRandom } from "../../src/base/random.ts"
import { syntheticFunctions } from "../../src/estimation/operation/testing/synthetic-functions.ts"
import { PAPER_MLP } from "../../src/statistics/mlp.ts"
import type { FunctionSetData } from "./functions/data.ts"
import { scoreUnseen } from "./unseen.ts"

const set = syntheticFunctions({ count: 40, repeats: 6, random: seededRandom(8) })
const data: FunctionSetData = {
  origin: {},
  platform: { ...set.platform, enforcement: "simulated" },
  measuredAt: "2026-01-01",
  memoryMB: [128, 256, 512, 1024, 2048, 4096],
  functions: set.functions.map((one) => ({ ...one, modules: {} })),
}

test("functions never measured are scored by size, by predictor and by runs observed", () => {
  const { summary, rows } = scoreUnseen(data, { ...PAPER_MLP, hidden: [16, 8], epochs: 10 })
  for (const [key, value] of Object.entries(summary)) expect(value, key).toBeGreaterThan(0)
  // Generated with 2 % on CPU time and 3 % on waits; networks have 32 functions to learn from, the law needs none.
  expect(summary["unseenMapePct"]).toBeLessThan(12)
  expect(summary["unseenMapePct"]).toBeLessThan(Number(summary["unseenMlpPublishedMapePct"]))
  const tables = rows as readonly { readonly memoryMB?: number | "all"; readonly observations?: number }[]
  expect(tables.filter((row) => row.memoryMB === 128)).toHaveLength(4)
  expect(tables.flatMap((row) => row.observations ?? [])).toEqual([0, 1, 2, 3, 4])
})
