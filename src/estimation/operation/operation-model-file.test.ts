import { expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import { boostedValue, fitBoostedTrees } from "../../statistics/boosted-trees.ts"
import { quantile } from "../../statistics/quantile-table.ts"
import { operationEstimator } from "./operation-estimator.ts"
import { operationModelFile, operationModelOf } from "./operation-model-file.ts"
import { packTrees, unpackTrees } from "./packed-trees.ts"
import { priorOperationModel } from "./prior-model.ts"

const PLATFORM = { periodMs: 20, mbPerVcpu: 1769, vcpuScale: 1, cores: 2 }
const random = seededRandom(5)
const rows = Array.from({ length: 200 }, () => [random.next(), random.next(), 3 * random.next()])
const trees = fitBoostedTrees(
  rows,
  rows.map(([a, b, c]) => (a! > 0.5 ? b! : c!)),
)
const prior = priorOperationModel(PLATFORM)
const model = { ...prior, noise: { ...prior.noise, typicalSd: 0.0312345678 } }
const asText = (value: object): unknown => JSON.parse(JSON.stringify(value))

test("a model comes back from its file as it was, to six digits", () => {
  const read = operationModelOf(asText(operationModelFile(model, { date: "2026-01-01" })))
  expect(read.noise.typicalSd).toBe(0.0312346)
  expect({ ...read, noise: model.noise }).toEqual(model)
})

test("a file serves platforms of other sizes: parameters belong to the machine", () => {
  const scaled = { ...PLATFORM, vcpuScale: 0.5 }
  const read = operationModelOf(asText(operationModelFile(model, {})), scaled)
  const profile = { source: "portable", local: { wallMs: 2100, userMs: 2000, systemMs: 0 }, counters: {} } as const
  const at = (of: typeof read, memoryMB: number): number =>
    quantile(operationEstimator(of, profile).predict(memoryMB).times, 0.5)
  expect(at(read, 1024) / at(model, 512)).toBeCloseTo(1, 6)
})

test("packed trees predict the same", () => {
  const read = unpackTrees(JSON.parse(JSON.stringify(packTrees(trees))))
  for (const row of rows) expect(boostedValue(read, row)).toBeCloseTo(boostedValue(trees, row), 4)
  expect(() => unpackTrees({ base: 0, rate: 1, trees: ["[1,2]"] })).toThrow(/no node/)
  expect(() => unpackTrees([])).toThrow(/no packed trees/)
})

test.each([
  ["another version", { version: 2, origin: {}, model: {} }],
  ["no source", { version: 1, origin: {}, model: { ...model, source: "guess" } }],
  ["numbers that are none", { version: 1, origin: {}, model: { ...model, parameters: { k0: null } } }],
  ["missing parts", { version: 1, origin: {}, model: { ...model, noise: undefined } }],
])("a file with %s is refused", (_what, file) => {
  expect(() => operationModelOf(file)).toThrow(/this is no operation model/)
})
