/**
 * Monte Carlo with common random numbers: one table U[scenario][step][part] of uniform numbers, the same for every
 * configuration and plan, so that two of them differ by what they are and not by luck.
 *
 * M1. A column depends on the seed, its step and part and the number of scenarios alone: not on what else was asked, nor
 *     in which order. The same seed gives the same bits.
 * M2. Every column is a Latin hypercube of its own: each of the n strata [i/n, (i+1)/n) once, in random order. A column
 *     alone is nearly free of sampling error, and sums of columns have less than with independent draws.
 * M3. Two equal distributions of one step's part give equal times in every scenario.
 */
import { type Random, seededRandom, seedOf } from "../base/random.ts"
import type { Distribution } from "./distribution.ts"
import { normalCdf, normalQuantile } from "./normal.ts"
import { quantileAtScore } from "./quantile-table.ts"

/** Levels of one step's part over the scenarios, as scores z = Phi^-1(level) and as ln(1 - level). */
export interface LevelColumn {
  readonly z: Float64Array
  readonly logSurvival: Float64Array
}

export interface ColumnKey {
  /** Index of the step; a column of a Choice or a loop count has an index of its own. */
  readonly step: number
  /** Index of the part inside the step, default 0. */
  readonly part?: number
  /** Of how many instances the longest counts, default 1: level U^(1/instances). */
  readonly instances?: number
  /** Share of the variance of their noise that is common to them, in [0, 1], default 0: see `slowestLevel`. */
  readonly commonShare?: number
}

export interface RandomTable {
  readonly scenarios: number
  /** The uniform numbers in (0, 1) of one step's part. */
  uniforms(step: number, part?: number): Float64Array
  /** Levels of the longest of the instances. Worked out on the first call and kept: 16 bytes a scenario. */
  levels(key: ColumnKey): LevelColumn
}

export interface TableOptions {
  readonly seed: number
  /** Default 1,500. */
  readonly scenarios?: number
}

const SCENARIOS = 1500

/** A table whose columns are worked out when they are first asked for, about 0.3 ms each. */
export function randomTable({ seed, scenarios = SCENARIOS }: TableOptions): RandomTable {
  const uniforms = memoised((key) => latinHypercube(scenarios, streamOf(`${seed}/${key}`)))
  const levels = new Map<string, LevelColumn>()
  return {
    scenarios,
    uniforms: (step, part = 0) => uniforms(`${step}/${part}`),
    levels: ({ step, part = 0, instances = 1, commonShare = 0 }) => {
      const key = `${step}/${part}/${instances}/${commonShare}`
      let column = levels.get(key)
      if (column === undefined) {
        const own = uniforms(`${step}/${part}`)
        column =
          commonShare > 0
            ? sharedLevels(own, uniforms(`${step}/${part}/common`), { instances, commonShare })
            : ownLevels(own, instances)
        levels.set(key, column)
      }
      return column
    },
  }
}

/** Numbers of the generator that go by until like seeds have come apart. */
const WARM_UP = 32

function streamOf(name: string): Random {
  const random = seededRandom(seedOf(name))
  for (let i = 0; i < WARM_UP; i++) random.next()
  return random
}

function memoised<T>(make: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>()
  return (key) => {
    let value = known.get(key)
    if (value === undefined) {
      value = make(key)
      known.set(key, value)
    }
    return value
  }
}

/** One number in each of `count` equal strata, in random order (Fisher and Yates). */
function latinHypercube(count: number, random: Random): Float64Array {
  const column = Float64Array.from({ length: count }, (_, i) => (i + Math.max(random.next(), 1e-9)) / count)
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1))
    const held = column[i]!
    column[i] = column[j]!
    column[j] = held
  }
  return column
}

/** Levels U^(1/instances), worked out from their distance to 1, which may be small. */
function ownLevels(uniforms: Float64Array, instances: number): LevelColumn {
  const survival = uniforms.map((u) => -Math.expm1(Math.log(u) / Math.max(1, instances)))
  return { z: survival.map((s) => -normalQuantile(s)), logSurvival: survival.map(Math.log) }
}

/** Scores sqrt(c) C + sqrt(1 - c) max E: what is common to the instances is drawn once for all of them. */
function sharedLevels(
  own: Float64Array,
  common: Float64Array,
  { instances, commonShare }: { readonly instances: number; readonly commonShare: number },
): LevelColumn {
  const { z: longest } = ownLevels(own, instances)
  const [shared, apart] = [Math.sqrt(commonShare), Math.sqrt(Math.max(0, 1 - commonShare))]
  const z = longest.map((score, i) => shared * normalQuantile(common[i]!) + apart * score)
  return { z, logSurvival: z.map((score) => Math.log(normalCdf(-score))) }
}

/** Times in ms of a distribution in every scenario, written to `into` if given. About 20 ns each. */
export function sampleColumn(
  d: Distribution,
  { z, logSurvival }: LevelColumn,
  into: Float64Array = new Float64Array(z.length),
): Float64Array {
  const at = quantileAtScore(d)
  for (let i = 0; i < z.length; i++) into[i] = at(z[i]!, logSurvival[i]!)
  return into
}
