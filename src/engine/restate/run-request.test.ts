import { describe, expect, test } from "vitest"
import { realClock } from "../../base/clock.ts"
import { memoryStore } from "../../stores/memory-store.ts"
import { chain } from "../../workflow/testing/workflows.ts"
import { ENGINE_FORMAT } from "../records.ts"
import { GOAL } from "../testing/test-engine.ts"
import { carriedInput, parseRunRequest, runIdOfKey, runRequest, serviceOf } from "./run-request.ts"
import { loadRestateSdk } from "./sdk.ts"

const request = runRequest({ runId: "r", workflow: chain, goal: GOAL, input: { value: 1 }, policy: null })

describe("a request of a run", () => {
  test("reads back as it was made", () => {
    expect(parseRunRequest(JSON.parse(JSON.stringify(request)))).toEqual(request)
  })

  test.each([
    ["null", null, "no request of a run"],
    ["without an id", { ...request, runId: undefined }, "no request of a run"],
    ["without an input", { ...request, input: {} }, "has no input"],
    ["of a newer engine", { ...request, engineFormat: ENGINE_FORMAT + 1 }, "begun by a newer Trimtab"],
  ])("that is %s is refused in one sentence", (_, value, message) => {
    expect(() => parseRunRequest(value)).toThrow(message)
  })

  test("has one hash for equal work whoever asks, and another for other work", () => {
    const { workHash } = request
    expect(runRequest({ ...request, runId: "other" }).workHash).toBe(workHash)
    for (const change of [{ input: { value: 2 } }, { policy: "static" }, { goal: { ...GOAL, percentile: 0.9 } }])
      expect(runRequest({ ...request, ...change }).workHash).not.toBe(workHash)
  })

  test("carries a large input by the store", async () => {
    const store = memoryStore()
    expect(await carriedInput("r", [1], { store, clock: realClock })).toEqual({ value: [1] })
    const large = await carriedInput("r", "x".repeat(200_000), { store, clock: realClock })
    expect(large).toMatchObject({ ref: { bytes: 200_002 } })
  })
})

describe("names", () => {
  test("of a service hold no character that a path would change", () => {
    expect(serviceOf("my video/2")).toBe("trimtab-my-video-2")
  })

  test("of a run follow from its key and its service", () => {
    expect(runIdOfKey("s", "k")).toMatch(/^[0-9a-f]{32}$/)
    expect(runIdOfKey("s", "k")).toBe(runIdOfKey("s", "k"))
    expect(runIdOfKey("t", "k")).not.toBe(runIdOfKey("s", "k"))
  })
})

describe("Restate's SDK", () => {
  test("that is not there is one sentence with the command that installs it", async () => {
    const missing = loadRestateSdk(() =>
      Promise.reject(new Error("Cannot find package '@restatedev/restate-sdk'\nmore")),
    )
    await expect(missing).rejects.toMatchObject({ code: "missing-package" })
    await expect(missing).rejects.toThrow(
      /cannot be loaded \(Cannot find package '@restatedev\/restate-sdk'\); install it beside trimtab: npm install @restatedev\/restate-sdk@[\d.]+$/,
    )
  })
})
