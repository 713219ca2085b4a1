import { expect, test } from "vitest"
import { quantile } from "../../statistics/quantile-table.ts"
import { parseFaults } from "./faults.ts"
import lambda from "./data/lambda.json" with { type: "json" }
import { extended, parseParameters } from "./parse-parameters.ts"
import { preset, PRESETS } from "./presets.ts"

test("every preset parses, is dated and says where its figures come from", () => {
  for (const name of PRESETS) {
    const { date, sources, limits } = preset(name)
    expect(date).toMatch(/^20\d\d-\d\d-\d\d$/)
    expect(Object.keys(sources).length).toBeGreaterThan(3)
    for (const source of Object.values(sources))
      if (source.kind === "fitted")
        expect([source.commit, source.licence, source.url].every((text) => text !== undefined)).toBe(true)
    expect(limits.memoryMB.max).toBe(10_240)
  }
})

test("the cluster of StepConf is 6 workers of 32 GB at 2,048 MB a vCPU", () => {
  const { cluster, limits, onFull } = preset("knative")
  expect(cluster).toEqual({ workers: 6, memoryMB: 32_768 })
  expect(limits).toMatchObject({ mbPerVcpu: 2_048, vcpuTotal: 96 })
  expect(onFull).toBe("queue")
})

test("only an orchestrator has stairs", () => {
  expect(preset("lambda").start.byRank).toBeUndefined()
  expect(preset("lambda-step-functions").start.byRank?.at(-2)).toEqual([49, 7_300])
})

test("a file that extends another keeps what it does not name, and a distribution is one thing", () => {
  const changed = extended(lambda, { start: { dispatch: { quantiles: [1, 1, 1, 1, 1, 1, 1] } } })
  const parameters = parseParameters(changed, "changed.json")
  expect(quantile(parameters.start.dispatch, 0.5)).toBeCloseTo(1, 9)
  expect(parameters.start.placement).toEqual(preset("lambda").start.placement)
})

test("a wrong parameter is named with its place", () => {
  const wrong = extended(lambda, {
    keepAlive: {
      warmAfterMs: [
        [0, 1],
        [10, 0.5],
      ],
    },
  })
  expect(() => parseParameters(wrong, "wrong.json")).toThrow("wrong.json: keepAlive.warmAfterMs: must fall to 0")
  expect(() => preset("moon")).toThrow("there is no simulated platform moon")
})

test("a wrong fault is named with its place, and with what there is", () => {
  expect(() => parseFaults({ faults: [{ kind: "fire" }] }, "f.json")).toThrow("f.json: faults.0.kind")
  expect(() => parseFaults({ faults: [{ kind: "late", share: 2 }] }, "f.json")).toThrow("f.json: faults.0.share")
  expect(parseFaults({}, "f.json")).toEqual({ faults: [], clockJumps: [] })
})
