import {
  blendedShare,
  blendQuantile,
  configNavigatorBlend,
  type ConfigNavigatorBlend,
} from "../../../src/statistics/confignavigator-blend.ts"
import { fromSamples } from "../../../src/statistics/from-samples.ts"
import { normalCdf, normalQuantile } from "../../../src/statistics/normal.ts"
import { type NormalPareto, normalParetoCdf, normalParetoQuantile } from "../../../src/statistics/normal-pareto.ts"
import { fitNormalPareto, matchNormalPareto, type ThreeMoments } from "../../../src/statistics/normal-pareto-fit.ts"
import { mean, sampleQuantile } from "../../../src/statistics/order-statistics.ts"
import { cdf, quantile } from "../../../src/statistics/quantile-table.ts"

/** A fitted law, however it was fitted. */
export interface Fitted {
  cdf(ms: number): number
  quantile(p: number): number
}

/** What is compared: fits of samples, null where a law has no fit for them. */
export const LAWS: Readonly<Record<string, (samples: readonly number[]) => Fitted | null>> = {
  "quantile table": (samples) => {
    const d = fromSamples(samples)
    return { cdf: (ms) => cdf(d, ms), quantile: (p) => quantile(d, p) }
  },
  empirical: (samples) => {
    const sorted = samples.toSorted((a, b) => a - b)
    return {
      cdf: (ms) => sorted.filter((value) => value <= ms).length / sorted.length,
      quantile: (p) => sampleQuantile(sorted, p),
    }
  },
  normal: (samples) => normalLaw(momentsOf(samples)),
  lognormal: (samples) => {
    const law = normalLaw(momentsOf(samples.map(Math.log)))
    return { cdf: (ms) => law.cdf(Math.log(ms)), quantile: (p) => Math.exp(law.quantile(p)) }
  },
  "ConfigNavigator's blend": (samples) => {
    const blend = blendOf(samples)
    return { cdf: (ms) => blendedShare(blend, ms), quantile: (p) => blendQuantile(blend, p) }
  },
  "normal + Pareto, moments": (samples) => {
    const match = matchNormalPareto(momentsOf(samples))
    return match.kind === "fitted" ? normalPareto(match.law) : null
  },
  "normal + Pareto, likelihood": (samples) => {
    const law = fitNormalPareto(samples)
    return law === null ? null : normalPareto(law)
  },
}

/** The paper's law from the mean, variance and P95 of samples. */
export function blendOf(samples: readonly number[]): ConfigNavigatorBlend {
  return configNavigatorBlend(momentsOf(samples))
}

export function momentsOf(samples: readonly number[]): ThreeMoments {
  const centre = mean(samples)
  const squares = samples.reduce((sum, value) => sum + (value - centre) ** 2, 0)
  return { mean: centre, sd: Math.sqrt(squares / (samples.length - 1)), p95: sampleQuantile(samples, 0.95) }
}

function normalLaw({ mean: centre, sd }: ThreeMoments): Fitted {
  // Equal samples: a law of one time.
  const spread = Math.max(sd, Math.abs(centre) * 1e-9)
  return { cdf: (x) => normalCdf((x - centre) / spread), quantile: (p) => centre + spread * normalQuantile(p) }
}

function normalPareto(law: NormalPareto): Fitted {
  return { cdf: (ms) => normalParetoCdf(law, ms), quantile: (p) => normalParetoQuantile(law, p) }
}
