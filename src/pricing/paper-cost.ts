import type { Pricing } from "./pricing.ts"

export interface PaperCostRequest {
  readonly memoryMB: number
  /** Inter-function parallelism p. */
  readonly instances: number
  /** Time t of the step with its mapping delay: the paper bills it to every instance. */
  readonly latencyMs: number
}

/**
 * Cost of one step, StepConf: `c = p (t m mu0 + mu1)`, dollars. It bills the slowest instance's time to all of them
 * and the mapping delay besides, which AWS does not: it is the faithful baseline, not the bill.
 */
export function paperCostUsd(
  request: PaperCostRequest,
  prices: Pick<Pricing, "usdPerGbSecond" | "usdPerRequest">,
): number {
  const t = request.latencyMs / 1000
  const m = request.memoryMB / 1024
  const p = request.instances
  return p * (t * m * prices.usdPerGbSecond + prices.usdPerRequest)
}
