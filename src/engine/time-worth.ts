import type { PredictedStep } from "../optimization/policy.ts"

/**
 * What a millisecond of a step's time is worth, USD: what a millisecond of it costs. StepConf's most cost-effective
 * configuration has the least c * t (section 4.3), and where a product is least dc/dt = -c/t: there a plan trades time for
 * money at just this price. 0 where nothing is predicted.
 */
export function usdPerMs({ costUsd, latencyMs }: Pick<PredictedStep, "costUsd" | "latencyMs">): number {
  return latencyMs > 0 && costUsd > 0 ? costUsd / latencyMs : 0
}
