import { expect, test } from "vitest"
import { quantile } from "../statistics/quantile-table.ts"
import type { OperationProfile } from "./operation-profile.ts"
import { priorOperationModel } from "./operation/prior-model.ts"
import { createEstimator, type ProfileEstimator } from "./profile-estimator.ts"
import type { InstanceSample } from "./sample.ts"
import { estimateAt, optionsFor } from "./testing/one-step.ts"
import { instanceSample } from "./testing/synthetic-profile.ts"

/** 2 s of CPU and 0.5 s of wait at full CPU. */
const OPERATIONS: OperationProfile = {
  source: "portable",
  local: { wallMs: 2500, userMs: 1900, systemMs: 100 },
  counters: { peakMemoryBytes: 100 * 2 ** 20 },
}
const MODEL = priorOperationModel({ periodMs: 20, mbPerVcpu: 1769, vcpuScale: 1, cores: 6 })
const measured = (memoryMB: number, ms: number, atMs = 0): InstanceSample =>
  instanceSample({ atMs, memoryMB, tasks: 1, downloadMs: 0, uploadMs: 0, computeMs: ms, durationMs: ms })
const estimatorOf = (samples: readonly InstanceSample[], withOperations = true): ProfileEstimator =>
  createEstimator({
    ...optionsFor([{ functionName: "f", samples }]),
    ...(withOperations
      ? { operations: { model: MODEL, profiles: new Map([["f", { profile: OPERATIONS, tasks: 1 }]]) } }
      : {}),
  })
const medianAt = (estimator: ProfileEstimator, memoryMB: number): number =>
  quantile(estimateAt(estimator, { memoryMB, tasks: 1 }).parts.compute, 0.5)
const reachAt = (estimator: ProfileEstimator, memoryMB: number): number => {
  const { compute } = estimateAt(estimator, { memoryMB, tasks: 1 }).parts
  return quantile(compute, 0.95) / quantile(compute, 0.5)
}

const ALONE = estimatorOf([])

test("a function that never ran on the platform is estimated from one local run, and says so", () => {
  expect(ALONE.steps).toEqual(["f"])
  expect(estimatorOf([], false).steps).toEqual([])
  // cpu / u + .72 wait - h P (1 - u); the roofline through the law's points is within some percent.
  expect(Math.abs(medianAt(ALONE, 884) / (2000 / 0.5 + 360) - 1)).toBeLessThan(0.08)
  expect(Math.abs(medianAt(ALONE, 3538) / 2500 - 1)).toBeLessThan(0.08)
  expect(estimateAt(ALONE, { memoryMB: 1024, tasks: 1 }).support).toBe("transferred")
  expect(ALONE.basis("f").samples).toMatchObject({ instances: 0, steps: 0 })
})

test("the doubt of a transfer is in its quantiles", () => {
  // Functions differ from the law by 15 % and more: P95 lies at least 20 % above the median.
  expect(reachAt(ALONE, 884)).toBeGreaterThan(1.2)
  expect(ALONE.basis("f").error.formPct).toBeGreaterThan(12)
})

test("runs at few sizes pull the estimate everywhere and make it more certain", () => {
  // 30 % slower than the law says.
  const runs = [442, 884].flatMap((memoryMB) =>
    [0, 1, 2].map((i) => measured(memoryMB, 1.3 * (2000 / (memoryMB / 1769) + 360) * (1 + 0.01 * i), i)),
  )
  const seen = estimatorOf(runs)
  expect(estimateAt(seen, { memoryMB: 1769, tasks: 1 }).support).toBe("transferred")
  expect(medianAt(seen, 1769) / medianAt(ALONE, 1769)).toBeGreaterThan(1.12)
  expect(reachAt(seen, 884)).toBeLessThan(reachAt(ALONE, 884))
  expect(seen.modelVersion).not.toBe(ALONE.modelVersion)
})

test("from four measured sizes on samples alone decide", () => {
  const runs = [256, 512, 1024, 1769].map((memoryMB) => measured(memoryMB, 4e6 / memoryMB))
  const [both, samples] = [estimatorOf(runs), estimatorOf(runs, false)]
  expect(estimateAt(both, { memoryMB: 700, tasks: 1 }).parts).toEqual(
    estimateAt(samples, { memoryMB: 700, tasks: 1 }).parts,
  )
  expect(estimateAt(both, { memoryMB: 512, tasks: 1 }).support).not.toBe("transferred")
})

test("runs of other numbers of tasks count as so many times the work", () => {
  // Four tasks take four times what the law says of one: nothing to correct; 30 % more, and one task takes more too.
  const four = (factor: number): InstanceSample[] =>
    [442, 884].map((memoryMB) => ({
      ...measured(memoryMB, factor * 4 * (2000 / (memoryMB / 1769) + 360)),
      tasks: 4,
    }))
  expect(Math.abs(medianAt(estimatorOf(four(1)), 884) / medianAt(ALONE, 884) - 1)).toBeLessThan(0.06)
  expect(medianAt(estimatorOf(four(1.3)), 884) / medianAt(ALONE, 884)).toBeGreaterThan(1.12)
})

test("more tasks take more CPU time and more wait", () => {
  const at = (tasks: number): number =>
    quantile(estimateAt(ALONE, { memoryMB: 884, tasks }).parts.compute, 0.5) / (tasks * (2000 / 0.5 + 360))
  for (const tasks of [2, 4, 8]) expect(Math.abs(at(tasks) - 1), `${tasks} tasks`).toBeLessThan(0.08)
})

test("a cold run alone, as of the step that gave the local run its input, leaves the estimate a transferred one", () => {
  const cold = { ...measured(1769, 9000), cold: true, initMs: 200 }
  const seen = estimatorOf([cold])
  expect(estimateAt(seen, { memoryMB: 884, tasks: 1 }).support).toBe("transferred")
  expect(medianAt(seen, 884)).toBe(medianAt(ALONE, 884))
})

test("contended runs neither move a transferred estimate nor make it a guess", () => {
  const busy = [442, 884].map((memoryMB) => ({ ...measured(memoryMB, 60_000), contended: true }))
  const seen = estimatorOf(busy)
  expect(estimateAt(seen, { memoryMB: 884, tasks: 1 }).support).toBe("transferred")
  expect(medianAt(seen, 884)).toBe(medianAt(ALONE, 884))
  expect(seen.basis("f")).toMatchObject({ transferred: true, doubtful: false })
})

test("samples of several processes are not mixed with the operations of one", () => {
  const other = [measured(1024, 9000)].map((sample) => ({ ...sample, tasks: 4, processes: 2 }))
  expect(medianAt(estimatorOf(other), 1024)).toBe(medianAt(estimatorOf(other, false), 1024))
})
