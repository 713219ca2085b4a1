import { expect, test } from "vitest"
import { validateSample } from "./sample-validation.ts"
import type { StepSample } from "./sample.ts"
import { selectSamples } from "./sample-selection.ts"
import { instanceSample } from "./testing/synthetic-profile.ts"

const STEP: StepSample = {
  kind: "step",
  atMs: 1,
  source: "campaign",
  config: { memoryMB: 512, instances: 4, processes: 1 },
  tasks: 8,
  cold: 4,
  mappingDelayMs: 300,
  wallMs: 2000,
  contended: false,
  enforced: "cgroup-v1",
  codeSha256: "a",
}

function reasonOf(row: unknown): string {
  const result = validateSample(row)
  return result.kind === "rejected" ? result.reason : "accepted"
}

test("good rows of both kinds pass as they are, with fields that are not known", () => {
  const row = { ...instanceSample(), v: 1 }
  expect(validateSample(row)).toEqual({ kind: "sample", sample: row })
  expect(validateSample(STEP).kind).toBe("sample")
})

test.each([
  [{ computeMs: Number.NaN }, "computeMs is NaN"],
  [{ computeMs: -1 }, "computeMs is -1"],
  [{ computeMs: 1e12 }, "computeMs is 1000000000000"],
  [{ durationMs: 0 }, "durationMs is 0 of an invocation that ended well"],
  [{ memoryMB: 0 }, "memoryMB is 0"],
  [{ tasks: 1.5 }, "tasks is 1.5, not a whole number"],
  [{ processes: 0 }, "processes is 0"],
  [{ cold: "yes" }, 'cold is "yes"'],
  [{ initMs: null }, "initMs is null"],
  [{ outcome: "fine" }, 'outcome is "fine"'],
  [{ source: undefined }, "source is missing"],
  [{ kind: "both" }, 'kind is "both"'],
  [{ maxMemoryUsedMB: Infinity }, "maxMemoryUsedMB is Infinity"],
])("an instance with %j is rejected with its field and value", (change, reason) => {
  expect(reasonOf({ ...instanceSample(), ...change })).toBe(reason)
})

test("a failed invocation may have no duration", () => {
  expect(reasonOf({ ...instanceSample(), outcome: "out-of-memory", durationMs: 0 })).toBe("accepted")
})

test("a step needs a whole configuration and no more cold starts than instances", () => {
  expect(reasonOf({ ...STEP, config: { memoryMB: 512, instances: 0, processes: 1 } })).toBe("instances is 0")
  expect(reasonOf({ ...STEP, config: null })).toBe("config is null")
  expect(reasonOf({ ...STEP, cold: 5 })).toBe("cold is 5 of 4 instances")
})

test.each([null, 3, "x", [], undefined])("%j is no sample", (row) => {
  expect(validateSample(row).kind).toBe("rejected")
})

test("selection: new code stands alone once it has enough samples, contended ones only help out", () => {
  const old = [256, 512, 1024].map((memoryMB) => instanceSample({ memoryMB, codeSha256: "old", atMs: 1 }))
  const fresh = (count: number): ReturnType<typeof instanceSample>[] =>
    Array.from({ length: count }, (_, i) =>
      instanceSample({ memoryMB: [256, 512, 1024][i % 3]!, codeSha256: "new", atMs: 2 + i }),
    )
  const select = (samples: readonly ReturnType<typeof instanceSample>[]): ReturnType<typeof selectSamples> =>
    selectSamples({ functionName: "f", samples })
  expect(select([...fresh(3), ...old]).ok).toHaveLength(6)
  expect(select([...fresh(6), ...old]).ok.every((sample) => sample.codeSha256 === "new")).toBe(true)

  const contended = instanceSample({ contended: true })
  const unenforced = instanceSample({ enforced: "none" })
  expect(select([...old, contended, unenforced])).toMatchObject({ doubtful: false, ok: old })
  expect(select([contended, unenforced])).toMatchObject({ doubtful: true, ok: [contended] })
  expect(select([unenforced])).toMatchObject({ doubtful: true, ok: [unenforced] })
  const fillIn = instanceSample({ contended: true, tasks: 5 })
  expect(select([...old, contended, fillIn])).toMatchObject({ doubtful: false, ok: [fillIn, ...old] })
})

test("selection drops rows with impossible numbers", () => {
  const bad = instanceSample({ computeMs: Number.NaN })
  expect(selectSamples({ functionName: "f", samples: [bad, instanceSample()] }).ok).toHaveLength(1)
})
