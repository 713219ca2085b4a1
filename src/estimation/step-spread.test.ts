import { expect, test } from "vitest"
import { type Random, seededRandom } from "../base/random.ts"
import { normalQuantile } from "../statistics/normal.ts"
import type { InstanceSample, StepSample } from "./sample.ts"
import { fitStepSpread, type StepPrediction } from "./step-spread.ts"
import { instanceSample } from "./testing/synthetic-profile.ts"

const TASK_MS = 200
const normal = (random: Random): number => normalQuantile(1e-9 + (1 - 2e-9) * random.next())

interface Truth {
  readonly noiseSd: number
  readonly commonShare: number
  /** CV of the tasks of a step. */
  readonly taskCv: number
}

/** Steps of 8 instances with 4 tasks each, their instances, and as many steps of one instance. */
function measured(truth: Truth, count: number, seed: number): { ok: InstanceSample[]; steps: StepSample[] } {
  const random = seededRandom(seed)
  const ok: InstanceSample[] = []
  const steps: StepSample[] = []
  const common = Math.sqrt(truth.commonShare) * truth.noiseSd
  const own = Math.sqrt(1 - truth.commonShare) * truth.noiseSd
  for (let i = 0; i < count; i++) {
    for (const instances of [1, 8]) {
      const shared = common * normal(random)
      const atMs = 1e5 * (2 * i + (instances > 1 ? 1 : 0))
      const times = Array.from({ length: instances }, () => {
        let sum = 0
        for (let k = 0; k < 4; k++) sum += TASK_MS * Math.max(0.05, 1 + truth.taskCv * normal(random))
        return sum * Math.exp(shared + own * normal(random))
      })
      for (const computeMs of times) ok.push(instanceSample({ tasks: 4, computeMs, atMs }))
      steps.push(step(instances, Math.max(...times), atMs))
    }
  }
  return { ok, steps }
}

function step(instances: number, computeMs: number, atMs: number): StepSample {
  const config = { memoryMB: 1024, instances, processes: 1 }
  const common = { source: "run", contended: false, enforced: "cgroup-v1", codeSha256: "a" } as const
  return {
    ...common,
    kind: "step",
    atMs,
    config,
    tasks: 4 * instances,
    cold: 0,
    mappingDelayMs: 10,
    wallMs: computeMs + 10,
  }
}

const prediction = (noiseSd: number): StepPrediction => ({
  computeMs: ({ tasks }) => TASK_MS * tasks,
  transferMs: () => 0,
  noiseSd,
  formSd: 0.01,
})

test("unequal tasks are learned from how much the slowest instance exceeds an even split", () => {
  const truth = { noiseSd: 0.05, commonShare: 0, taskCv: 0.4 }
  const { taskSd, steps } = fitStepSpread(measured(truth, 60, 1), prediction(truth.noiseSd))
  expect(steps).toBe(60)
  // Shrinkage and the skew of a lognormal both take a few percent.
  expect(taskSd).toBeGreaterThan(0.3)
  expect(taskSd).toBeLessThan(0.45)
})

test("equal tasks: the maximum of the noise is no skew", () => {
  for (const commonShare of [0, 0.6]) {
    const truth = { noiseSd: 0.08, commonShare, taskCv: 0 }
    const { taskSd } = fitStepSpread(measured(truth, 60, 2), prediction(truth.noiseSd))
    // Of one task in four; an instance would get half of it.
    expect(taskSd).toBeLessThan(0.06)
  }
})

test("the share of the noise that all instances have in common", () => {
  for (const commonShare of [0, 0.3, 0.8]) {
    const found = fitStepSpread(measured({ noiseSd: 0.1, commonShare, taskCv: 0 }, 150, 3), prediction(0.1)).commonShare
    // 150 steps: the between variance has a relative standard error of 12 %.
    expect(Math.abs(found - commonShare)).toBeLessThan(0.12)
  }
})

test("a few steps change little, none or cold ones nothing", () => {
  const truth = { noiseSd: 0.05, commonShare: 0, taskCv: 0.5 }
  const few = fitStepSpread(measured(truth, 1, 4), prediction(truth.noiseSd))
  const many = fitStepSpread(measured(truth, 60, 4), prediction(truth.noiseSd))
  expect(few.taskSd).toBeLessThan(many.taskSd)
  const cold = measured(truth, 5, 4).steps.map((sample) => ({ ...sample, cold: 1 }))
  expect(fitStepSpread({ ok: [], steps: cold }, prediction(0.05))).toEqual({ commonShare: 0, taskSd: 0, steps: 0 })
})

test("a curve that is off by itself is not taken for unequal tasks", () => {
  const samples = measured({ noiseSd: 0.03, commonShare: 0, taskCv: 0 }, 40, 5)
  const slow = { ...prediction(0.03), computeMs: ({ tasks }: { tasks: number }) => 0.8 * TASK_MS * tasks }
  expect(fitStepSpread(samples, slow).taskSd).toBeLessThan(0.12)
})
