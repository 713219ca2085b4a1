import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { addSamples, afterFit, emptyWindow, isRefitDue, latestRows, rowsOf } from "./delay-window.ts"

interface Sample {
  readonly at: number
  readonly configuration: string
}

const keyOf = (sample: Sample): string => sample.configuration

function sequence(count: number, configurationOf: (i: number) => string = () => "usual"): Sample[] {
  return Array.from({ length: count }, (_, at) => ({ at, configuration: configurationOf(at) }))
}

describe("a window of delays", () => {
  test("a refit is due after every 20 new samples", () => {
    let window = addSamples(emptyWindow<Sample>(), sequence(19), keyOf)
    expect(isRefitDue(window)).toBe(false)
    window = addSamples(window, sequence(1), keyOf)
    expect(isRefitDue(window)).toBe(true)
    window = afterFit(window)
    expect(isRefitDue(window)).toBe(false)
    expect(isRefitDue(addSamples(window, sequence(20), keyOf))).toBe(true)
    expect(window.latest).toHaveLength(20)
  })

  test("fits the latest 200, and five of a configuration that was not seen since", () => {
    const samples = sequence(500, (i) => (i < 12 ? "rare" : "usual"))
    const rows = latestRows(samples, keyOf)
    expect(rows.slice(0, 5).map((sample) => sample.at)).toEqual([7, 8, 9, 10, 11])
    expect(rows.slice(5)).toEqual(samples.slice(-200))
    expect(latestRows(samples, keyOf, { latest: 1000 })).toEqual(samples)
  })

  test("the reservoir fills a rare configuration up to five, no further", () => {
    const samples = sequence(300, (i) => (i < 20 || i >= 297 ? "rare" : "usual"))
    expect(latestRows(samples, keyOf).filter((sample) => keyOf(sample) === "rare")).toHaveLength(5)
  })

  test("forgets the configuration unseen for longest when there are too many", () => {
    const samples = sequence(400, (i) => `c${i}`)
    const rows = latestRows(samples, keyOf, { latest: 10, configurations: 3 })
    expect(rows.map((sample) => sample.at)).toEqual([387, 388, 389, ...samples.slice(-10).map((sample) => sample.at)])
  })

  test("one by one or in batches, the rows to fit are the same", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 60 }),
        fc.integer({ min: 1, max: 60 }),
        (keys, cut) => {
          const samples = sequence(keys.length, (i) => keys[i]!)
          const policy = { latest: 8, perConfiguration: 2, configurations: 3 }
          const whole = latestRows(samples, keyOf, policy)
          let window = addSamples(emptyWindow<Sample>(policy), samples.slice(0, cut), keyOf)
          for (const sample of samples.slice(cut)) window = addSamples(window, [sample], keyOf)
          expect(rowsOf(window, keyOf)).toEqual(whole)
          expect(whole.length).toBeLessThanOrEqual(8 + 2 * 3)
        },
      ),
    )
  })
})
