// Ways to choose what is measured next: by regret, and those that it is compared with.
import { assertNever } from "../../../src/base/assert-never.ts"
import type { Random } from "../../../src/base/random.ts"
import { visitsOf } from "../../../src/profiling/design.ts"
import { LAMBDA_LIMITS } from "../../../src/estimation/testing/one-step.ts"
import type { NextMeasurement } from "../../../src/profiling/next-measurement.ts"
import { CHAIN, MEMORY_MB, NAMES } from "./public-chain.ts"

/** A function by its index, and a size. */
export interface Choice {
  readonly f: number
  readonly memoryMB: number
}

/** Chooses from what regret says now and from how many measurements there were so far, the reference run included. */
export type Way = (next: NextMeasurement, measured: number) => Choice

export type WayName = "regret" | "random" | "grid" | "design"

/** The size of the first run of the whole chain: about one vCPU, as in a campaign. */
export const REFERENCE_MB = 1792

export function wayOf(name: WayName, random: Random): Way {
  switch (name) {
    case "regret":
      return byRegret
    case "random":
      return (_, measured) => inTurn(measured, MEMORY_MB[Math.floor(random.next() * MEMORY_MB.length)]!)
    case "grid":
      return (_, measured) => inTurn(measured, GRID_MB[(roundOf(measured) - 1) % GRID_MB.length]!)
    case "design":
      return (_, measured) => inTurn(measured, DESIGN_MB[(roundOf(measured) - 1) % DESIGN_MB.length]!)
    default:
      return assertNever(name)
  }
}

function byRegret(next: NextMeasurement, measured: number): Choice {
  // Beyond its own stop only the plan itself is measured again.
  if (next.kind === "stop") return inTurn(measured, next.plan[NAMES[measured % NAMES.length]!]!.memoryMB)
  return { f: NAMES.indexOf(next.candidate.step), memoryMB: next.candidate.memoryMB }
}

function inTurn(measured: number, memoryMB: number): Choice {
  return { f: measured % NAMES.length, memoryMB }
}

function roundOf(measured: number): number {
  return Math.floor(measured / NAMES.length)
}

/** Sizes evenly apart, the ends first, then the middles of the gaps. */
const GRID_MB: readonly number[] = [0, 45, 22, 11, 34, 6, 17, 28, 39, 3, 8, 14].map((m) => MEMORY_MB[m]!)

/** The sizes of the campaign's fixed design for a function of a second's work, again and again. */
const DESIGN_MB: readonly number[] = visitsOf(
  { space: CHAIN.steps[0]!.configSpace, limits: LAMBDA_LIMITS, threads: "single", tasks: 1, capMs: 10_000 },
  { memoryMB: REFERENCE_MB, instances: 1, processes: 1 },
  { workMs: 1000, initMs: 0, peakMB: 0 },
)
  .map(({ memoryMB }) => memoryMB)
  .toSorted((a, b) => Number(a === REFERENCE_MB) - Number(b === REFERENCE_MB))
