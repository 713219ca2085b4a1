import { describe, expect, it } from "vitest"
import type { Basis } from "../estimation/basis.ts"
import { basisText } from "./basis-text.ts"

const DAY = 86_400_000
const basis: Basis = {
  modelVersion: "1",
  samples: { instances: 12, invocations: 12, steps: 1 },
  oldestAtMs: 0,
  newestAtMs: 7 * DAY,
  sources: { log: 12, run: 1 },
  error: {
    heldOutPct: 2.53,
    noisePct: 4,
    formPct: 12.4,
    coverage95: { runs: 20, covered: 19, interval: { low: 0.7, high: 1 }, outOfSample: true },
  },
  drift: { epoch: 0, alarm: null, changedAtMs: null, ratio: 1, wantsProfiling: false },
  borrowed: [],
  notes: [],
  transferred: false,
  doubtful: false,
}

describe("what estimates rest on", () => {
  it("is told in two lines when nothing is to be doubted", () => {
    expect(basisText(basis, 4, 10 * DAY).split("\n")).toEqual([
      "from 13 samples (12 log, 1 run) at 4 sizes, the newest 3 days old",
      "error at sizes left out 2.5 %, spread between runs 4.0 %, doubt of the curve 12 %, 19 of 20 runs inside their p95",
    ])
  })

  it("names priors, changes and an unknown error", () => {
    const drift = { epoch: 1, alarm: "slower", changedAtMs: 8 * DAY, ratio: 1.2, wantsProfiling: true } as const
    const error = { ...basis.error, heldOutPct: null, coverage95: null }
    const text = basisText({ ...basis, drift, error, borrowed: ["mappingDelay", "init"], doubtful: true }, 1, 10 * DAY)
    expect(text).toContain("error not known: fewer than two sizes")
    expect(text).toContain("taken from priors: start, init")
    expect(text).toContain("it became slower 2 days ago (times 1.20); profile it anew")
    expect(text).toContain("contended")
  })

  it("says that a local run stands in for measurements", () => {
    const error = { ...basis.error, heldOutPct: null, coverage95: null }
    const none = { instances: 0, invocations: 0, steps: 0 }
    const alone = { ...basis, transferred: true, samples: none, sources: {}, oldestAtMs: null, newestAtMs: null, error }
    expect(basisText(alone, 0, 10 * DAY).split("\n")).toEqual([
      "from the operations of one local run",
      "spread between runs 4.0 %, doubt of the curve 12 %",
      "note: transferred from one local run, not measured at its sizes",
    ])
    expect(basisText({ ...basis, transferred: true }, 1, 10 * DAY)).toContain(
      "from the operations of one local run and 13 samples (12 log, 1 run) at 1 size, the newest 3 days old\n",
    )
  })
})
