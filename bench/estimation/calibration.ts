// Do predicted quantiles cover what they say at sizes that were not measured? SLApp: five sizes of twenty runs are
// fitted, the runs at all other sizes are predicted, and the function is left out of the library of form errors.
import { logResiduals } from "../../src/estimation/cells.ts"
import { type FormError, formErrorLibrary, formErrorOf, leftOutErrors } from "../../src/estimation/form-error.ts"
import { logSdOf, noiseOf, poolNoise, slowestFactor } from "../../src/estimation/noise.ts"
import type { InstanceSample } from "../../src/estimation/sample.ts"
import { PROBABILITIES, type Distribution } from "../../src/statistics/distribution.ts"
import { quantile } from "../../src/statistics/quantile-table.ts"
import formErrors from "../../src/estimation/data/form-errors-2026-11.json" with { type: "json" }
import type { Bench } from "../bench.ts"
import slapp from "./data/slapp-runs.json" with { type: "json" }
import { cellAt, curveOf, designsFor, LAMBDA_FUNCTIONS } from "./form-errors.ts"

const NOMINAL = [50, 90, 95, 99] as const
const NO_FORM_ERROR: FormError = { sd: 0, logs: PROBABILITIES.map(() => 0) }

/** Runs and how many of them lay inside: central intervals, and below the upper quantile alone. */
interface Coverage {
  runs: number
  readonly inside: Map<number, number>
  readonly below: Map<number, number>
}

type Method = "bootstrap" | "residuals"

function coverage(): Coverage {
  return { runs: 0, inside: new Map(), below: new Map() }
}

function count(to: Coverage, runs: readonly number[], predicted: Distribution): void {
  to.runs += runs.length
  for (const nominal of NOMINAL) {
    const low = quantile(predicted, (1 - nominal / 100) / 2)
    const high = quantile(predicted, (1 + nominal / 100) / 2)
    const upper = quantile(predicted, nominal / 100)
    const add = (map: Map<number, number>, hits: number): unknown => map.set(nominal, (map.get(nominal) ?? 0) + hits)
    add(to.inside, runs.filter((ms) => ms >= low && ms <= high).length)
    add(to.below, runs.filter((ms) => ms <= upper).length)
  }
}

/** Predicts all unseen sizes of one function from each design. */
function judge(index: number): Readonly<Record<Method, Coverage>> {
  const dense = LAMBDA_FUNCTIONS[index]!
  const runs = slapp.functions[index]!.ms
  const library = formErrorLibrary(formErrors.entries.filter((entry) => entry.name !== dense.name))
  const results = { bootstrap: coverage(), residuals: coverage() }
  for (const design of designsFor(slapp.memoryMB)) {
    const curve = curveOf(dense, design)
    const own = poolNoise(residualsOf(design, runs))
    const noise = noiseOf({ shared: own, own, spread: { variance: 0, spare: 0 } })
    const form = formErrorOf(library, { leftOut: leftOutErrors(curve.heldOut), noise: logSdOf(noise) })
    const factors = {
      bootstrap: slowestFactor(noise, form, { instances: 1 }),
      residuals: slowestFactor(noise, NO_FORM_ERROR, { instances: 1 }),
    }
    for (const [i, mb] of slapp.memoryMB.entries()) {
      if (design.includes(mb)) continue
      const ms = curve.ms(cellAt(dense, mb))
      const ratios = runs[i]!.map((run) => run / ms)
      count(results.bootstrap, ratios, factors.bootstrap)
      count(results.residuals, ratios, factors.residuals)
    }
  }
  return results
}

function residualsOf(design: readonly number[], runs: readonly (readonly number[])[]): ReturnType<typeof logResiduals> {
  return logResiduals(
    design.flatMap((mb) =>
      runs[slapp.memoryMB.indexOf(mb)]!.map((computeMs) => ({ ...WARM, memoryMB: mb, computeMs })),
    ),
  )
}

const WARM: InstanceSample = {
  kind: "instance",
  atMs: 0,
  source: "import",
  memoryMB: 0,
  processes: 1,
  tasks: 1,
  outcome: "ok",
  cold: false,
  initMs: 0,
  downloadMs: 0,
  computeMs: 0,
  uploadMs: 0,
  downloadBytes: 0,
  uploadBytes: 0,
  downloadObjects: 0,
  uploadObjects: 0,
  durationMs: 0,
  billedMs: 0,
  maxMemoryUsedMB: 0,
  peakProcessMB: 0,
  contended: false,
  enforced: "platform",
  codeSha256: "",
}

const percent = (hits: number | undefined, runs: number): number => Math.round((1000 * (hits ?? 0)) / runs) / 10

function rowOf(method: Method, name: string, c: Coverage): Readonly<Record<string, unknown>> {
  const shares = Object.fromEntries(NOMINAL.map((p) => [`inside${p}Pct`, percent(c.inside.get(p), c.runs)]))
  const below = Object.fromEntries(NOMINAL.map((p) => [`below${p}Pct`, percent(c.below.get(p), c.runs)]))
  return { table: "coverage at unseen sizes", method, function: name, runs: c.runs, ...shares, ...below }
}

function pooled(all: readonly Coverage[]): Coverage {
  const sum = coverage()
  for (const each of all) {
    sum.runs += each.runs
    for (const p of NOMINAL) {
      sum.inside.set(p, (sum.inside.get(p) ?? 0) + (each.inside.get(p) ?? 0))
      sum.below.set(p, (sum.below.get(p) ?? 0) + (each.below.get(p) ?? 0))
    }
  }
  return sum
}

export const bench: Bench = () => {
  const judged = LAMBDA_FUNCTIONS.map((dense, i) => ({ name: dense.name, ...judge(i) }))
  const methods: readonly Method[] = ["bootstrap", "residuals"]
  const rows = methods.flatMap((method) => [
    ...judged.map((each) => rowOf(method, each.name, each[method])),
    rowOf(method, "all", pooled(judged.map((each) => each[method]))),
  ])
  const all = pooled(judged.map((each) => each.bootstrap))
  const flattered = pooled(judged.map((each) => each.residuals))
  return Promise.resolve({
    summary: {
      coverage90Pct: percent(all.inside.get(90), all.runs),
      coverage95Pct: percent(all.inside.get(95), all.runs),
      coverageWorst95Pct: Math.min(...judged.map(({ bootstrap: c }) => percent(c.inside.get(95), c.runs))),
      coverageUpper95Pct: percent(all.below.get(95), all.runs),
      coverageResidualsOnly95Pct: percent(flattered.inside.get(95), flattered.runs),
    },
    reasons: {},
    rows,
  })
}
