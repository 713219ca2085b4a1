// Form errors of densely profiled public functions: each is fitted on five of its sizes, several times, and judged at all others.
import { writeFile } from "node:fs/promises"
import { resolve } from "node:path"
import { seededRandom } from "../../src/base/random.ts"
import type { Cell } from "../../src/estimation/cells.ts"
import { type ComputeCurve, fitComputeCurve } from "../../src/estimation/compute-curve.ts"
import { type FormErrorEntry, leftOutErrors } from "../../src/estimation/form-error.ts"
import { poolNoise } from "../../src/estimation/noise.ts"
import { median, sampleQuantile } from "../../src/statistics/order-statistics.ts"
import chunkFunc from "./data/chunk-func-largest-input.json" with { type: "json" }
import slapp from "./data/slapp-runs.json" with { type: "json" }

/** A function measured at many sizes; `memoryMB` is what its platform grants in terms of one vCPU. */
export interface DenseFunction {
  readonly name: string
  readonly platform: "lambda" | "whole-cores"
  readonly threads: "single" | "multi"
  readonly memoryMB: readonly number[]
  readonly ms: readonly number[]
  /** Sd of ln t from run to run, where single runs are known. */
  readonly noise?: number
}

export const MB_PER_VCPU = 1769
export const MAX_MEMORY_MB = 10_240
const SIZES = 5
const FITS = 16
const SHAPE_POINTS = 21

export const LAMBDA_FUNCTIONS: readonly DenseFunction[] = slapp.functions.map((f) => ({
  name: `slapp-${f.name}`,
  platform: "lambda",
  threads: "single",
  memoryMB: slapp.memoryMB,
  ms: f.ms.map(median),
  noise: rounded(noiseSd(f.ms)),
}))

const WHOLE_CORE_FUNCTIONS: readonly DenseFunction[] = chunkFunc.functions.map((f) => {
  // Sizes with the same cores are one size: their median is the truth.
  const cores = [...new Set(f.milliCpu)].sort((a, b) => a - b)
  return {
    name: `chunk-func-${f.name}`,
    platform: "whole-cores",
    threads: "multi",
    memoryMB: cores.map((milli) => (milli * MB_PER_VCPU) / 1000),
    ms: cores.map((milli) => median(f.ms.filter((_, i) => f.milliCpu[i] === milli))),
  }
})

/** Designs of five sizes, one from each fifth of the range in logs; the first is that of a campaign. */
export function designsFor(memories: readonly number[], count: number = FITS): readonly (readonly number[])[] {
  const random = seededRandom(17)
  const low = Math.log(memories[0]!)
  const width = (Math.log(memories.at(-1)!) - low) / SIZES
  const strata = Array.from({ length: SIZES }, (_, k) =>
    memories.filter((mb) => Math.min(SIZES - 1, Math.floor((Math.log(mb) - low) / width + 1e-9)) === k),
  ).filter((stratum) => stratum.length > 0)
  return Array.from({ length: count }, () =>
    strata.map((stratum) => stratum[Math.floor(random.next() * stratum.length)]!),
  )
}

/** Fits a curve to some sizes, as the estimator does. */
export function curveOf(dense: DenseFunction, design: readonly number[]): ComputeCurve {
  const options = { threads: dense.threads, mbPerVcpu: MB_PER_VCPU, maxMemoryMB: MAX_MEMORY_MB }
  return fitComputeCurve(
    design.map((mb) => cellAt(dense, mb)),
    options,
  )
}

export function cellAt({ memoryMB, ms }: Pick<DenseFunction, "memoryMB" | "ms">, mb: number): Cell {
  return { memoryMB: mb, processes: 1, tasks: 1, cold: false, weight: 1, ms: ms[memoryMB.indexOf(mb)]! }
}

/** The library's entry of one function. */
export function entryOf(dense: DenseFunction): FormErrorEntry {
  const fits = dense.memoryMB.length > 2 * SIZES ? fitsOf(dense, designsFor(dense.memoryMB)) : [wholeCoreFit(dense)]
  const sizes = fits.flatMap(({ errors }) => errors.map((error) => Math.abs(error) / rms(errors)))
  const shape = Array.from({ length: SHAPE_POINTS }, (_, i) => sampleQuantile(sizes, i / (SHAPE_POINTS - 1)))
  return {
    name: dense.name,
    ...(dense.noise === undefined ? {} : { noise: dense.noise }),
    fits: fits.map(({ leftOut, errors }) => ({ leftOut: rounded(rms(leftOut)), unseen: rounded(rms(errors)) })),
    shape: shape.map((x) => Math.round(x * 100) / 100),
  }
}

interface Judged {
  readonly leftOut: readonly number[]
  /** Log errors at the sizes that were not fitted. */
  readonly errors: readonly number[]
}

function fitsOf(dense: DenseFunction, designs: readonly (readonly number[])[]): Judged[] {
  return designs.map((design) => {
    const curve = curveOf(dense, design)
    const errors = dense.memoryMB
      .filter((mb) => !design.includes(mb))
      .map((mb) => Math.log(cellAt(dense, mb).ms / curve.ms(cellAt(dense, mb))))
    return { leftOut: leftOutErrors(curve.heldOut), errors }
  })
}

/** Six sizes give one unseen size each time one is left out: together they are one fit. The ends are not extrapolated to. */
function wholeCoreFit(dense: DenseFunction): Judged {
  const inner = dense.memoryMB.slice(1, -1)
  const fits = fitsOf(
    dense,
    inner.map((left) => dense.memoryMB.filter((mb) => mb !== left)),
  )
  return { leftOut: fits.flatMap(({ leftOut }) => leftOut), errors: fits.flatMap(({ errors }) => errors) }
}

/** Sd of the log ratios to the median of their size, as the estimator pools them. */
function noiseSd(runs: readonly (readonly number[])[]): number {
  const { squares, spare } = poolNoise(
    runs.map((times, memoryMB) => ({ memoryMB, residuals: times.map((ms) => Math.log(ms / median(times))) })),
  )
  return Math.sqrt(squares / spare)
}

function rms(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)
}

function rounded(x: number): number {
  return Math.round(x * 1e5) / 1e5
}

/** Renews the library in src/estimation from the public data. */
export async function measureFormErrors(): Promise<void> {
  const file = resolve(import.meta.dirname, "../../src/estimation/data/form-errors-2026-11.json")
  const origins = [slapp.origin, chunkFunc.origin]
  const content =
    "form error of curves fitted to five sizes, at the sizes not fitted; by bench estimation --measure form-errors"
  const entries = [...LAMBDA_FUNCTIONS, ...WHOLE_CORE_FUNCTIONS].map(entryOf)
  await writeFile(file, `${JSON.stringify({ origin: { content, date: "2026-11-22", sources: origins }, entries })}\n`)
}
