import { expect, test } from "vitest"
import { quantile } from "../statistics/quantile-table.ts"
import type { DelayPriorNames } from "./delay-priors.ts"
import type { Estimate } from "./estimator.ts"
import { createEstimator } from "./profile-estimator.ts"
import { estimateAt, optionsFor } from "./testing/one-step.ts"
import { instanceSample } from "./testing/synthetic-profile.ts"

const PROFILE = {
  functionName: "f",
  samples: [instanceSample({ computeMs: 500, uploadMs: 50, uploadBytes: 1e6, uploadObjects: 3 })],
}
const options = (priors?: DelayPriorNames): Parameters<typeof createEstimator>[0] => ({
  ...optionsFor([PROFILE]),
  ...(priors === undefined ? {} : { priors }),
})
const at = (priors?: DelayPriorNames): Estimate =>
  estimateAt(createEstimator(options(priors)), { tasks: 40, instances: 40, warm: 40 })

test("before anything was measured, starts and transfers are those of the named platform and store", () => {
  const [local, lambda] = [at(), at({ platform: "aws-lambda", store: "s3" })]
  expect(quantile(local.parts.mappingDelay, 0.5)).toBeCloseTo(10, 6)
  // 114 ms and 1.9 ms for each of 40 instances, as the prior says.
  expect(quantile(lambda.parts.mappingDelay, 0.5)).toBeCloseTo(190, 6)
  expect(quantile(lambda.parts.upload, 0.5)).not.toBe(quantile(local.parts.upload, 0.5))
  expect(at({})).toEqual(local)
})

test("the version of a model names its priors", () => {
  const versions = [undefined, {}, { platform: "aws-lambda" }, { store: "s3" }] as const
  const [none, empty, ...named] = versions.map((priors) => createEstimator(options(priors)).modelVersion)
  expect(empty).toBe(none)
  expect(new Set([none, ...named]).size).toBe(3)
})
