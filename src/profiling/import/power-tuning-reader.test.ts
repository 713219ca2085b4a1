import { describe, expect, it } from "vitest"
import type { ImportContext } from "./imported-row.ts"
import { powerTuningReader } from "./power-tuning-reader.ts"
import { CONTEXT, readRows, reasonsIn, samplesIn } from "./testing/read-rows.ts"

// The example of the tool's own documentation.
const URL =
  "https://lambda-power-tuning.show/#gAAAAQACAAQABsAL;ZooQR4yvkUa/pQRGRC5zRaADHUVjOftE;QdWhOEMkoziDT5Q4xhiIOMYYiDi6RNc4"
const SIZES = [128, 256, 512, 1024, 1536, 3008]

const STATS = [
  { averagePrice: 2.083e-7, averageDuration: 2.9066666666666667, value: 128 },
  { averagePrice: 2.1e-7, averageDuration: 1.5, value: 256, totalCost: 0.00001 },
]
const OUTPUT = {
  power: 128,
  cost: 2.083e-7,
  duration: 2.9066666666666667,
  stateMachine: { executionCost: 0.00045, lambdaCost: 0.0005252, visualization: URL },
}

function read(value: unknown, context: Partial<ImportContext> = {}): ReturnType<typeof readRows> {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2)
  return readRows(powerTuningReader({ ...CONTEXT, ...context }), text)
}

function figures(value: unknown): readonly (readonly number[])[] {
  const rows = read(value)
  expect(reasonsIn(rows)).toEqual([])
  return samplesIn(rows).map(({ sample }) => [sample.memoryMB, sample.durationMs])
}

describe("results of power tuning", () => {
  it("are in the address of the visualisation", () => {
    expect(figures(OUTPUT).map(([memory]) => memory)).toEqual(SIZES)
    expect(figures(URL)).toEqual(figures(OUTPUT))
    expect(figures({ results: OUTPUT })).toEqual(figures(OUTPUT))
    // 35 s at 128 MB, as the chart of the documentation shows.
    expect(figures(URL)[0]![1]).toBeCloseTo(37_002.4, 0)
    expect(figures(URL).at(-1)![1]).toBeCloseTo(2009.8, 0)
  })

  it("are in stats where there are some", () => {
    const expected = [
      [128, 2.9066666666666667],
      [256, 1.5],
    ]
    expect(figures({ results: { ...OUTPUT, stats: STATS } })).toEqual(expected)
    expect(figures(STATS)).toEqual(expected)
    expect(figures({ stats: STATS.map((item) => ({ ...item, value: String(item.value) })) })).toEqual(expected)
  })

  it("are at least one size where nothing else is said", () => {
    expect(figures({ power: "128", cost: 2e-7, duration: 2.9 })).toEqual([[128, 2.9]])
  })

  it("are means, and name function, runs and date when the execution is described", () => {
    const description = {
      executionArn: "arn:aws:states:us-east-1:123456789012:execution:powerTuning:x",
      status: "SUCCEEDED",
      stopDate: "2026-03-01T10:00:00.000+00:00",
      input: JSON.stringify({ lambdaARN: "arn:aws:lambda:us-east-1:123456789012:function:resize:live", num: 50 }),
      output: JSON.stringify(OUTPUT),
    }
    const [row] = samplesIn(read(description))
    expect(row).toMatchObject({
      functionName: "resize",
      sample: { source: "import", aggregate: { runs: 50 }, atMs: Date.UTC(2026, 2, 1, 10), maxMemoryUsedMB: 0 },
    })
    expect(samplesIn(read(OUTPUT))[0]?.sample.aggregate).toEqual({ runs: 1 })
    expect(samplesIn(read(OUTPUT, { runs: 20 }))[0]?.sample.aggregate).toEqual({ runs: 20 })
  })

  it.each([
    ["no JSON", "hello", /neither JSON nor the address/],
    ["something else", { a: 1 }, /no power, stats or visualization/],
    ["no sizes", { stats: [] }, /stats is empty/],
    ["a size that is text", { stats: [{ value: "big", averageDuration: 3 }] }, /power is "big"/],
    ["a time that is missing", { stats: [{ value: 128 }] }, /duration is missing/],
    ["a time of null", { stats: [{ value: 128, averageDuration: null }] }, /duration is (null|missing)/],
    ["a time of 0", { stats: [{ value: 128, averageDuration: 0 }] }, /duration is 0 ms/],
    ["a negative time", { stats: [{ value: 128, averageDuration: -1 }] }, /duration is -1 ms/],
    ["a time of 30 years", { stats: [{ value: 128, averageDuration: 1e12 }] }, /duration is 1000000000000 ms/],
    ["a size that there is not", { power: 99_999, duration: 3 }, /memory is 99999 MB/],
    ["an address cut short", URL.slice(0, 60), /as many times as sizes/],
    ["a failed execution", { output: "{", status: "FAILED" }, /output is not JSON/],
  ])("%s is refused", (_name, value, message) => {
    const rows = read(value)
    expect(samplesIn(rows)).toEqual([])
    expect(reasonsIn(rows)[0]).toMatch(message)
  })
})
