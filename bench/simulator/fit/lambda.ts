// The parameter file of the simulated AWS Lambda: what public rows tell is fitted, the rest is taken from a base file
// with its citations.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { normalQuantile } from "../../../src/statistics/normal.ts"
import { median, sampleQuantile } from "../../../src/statistics/order-statistics.ts"
import { extended } from "../../../src/platforms/simulated/parse-parameters.ts"
import { cpuData, HELD_OUT, initData, startData, type InitData, type Origin } from "./data.ts"
import { fitCpu } from "./cpu.ts"
import { distributionOf, type StoredDistribution } from "./distributions.ts"
import { fitStarts } from "./starts.ts"

/** Init durations of the dates that the fit may see, ms. */
export function seenInits({ sets }: InitData, runtime: string, kind: "zip" | "image"): readonly number[] {
  return initsOf({ sets }, { runtime, kind, held: false })
}

/** Init durations of one runtime and package, ms: of the held-out dates, or of the others. */
export function initsOf(
  { sets }: Pick<InitData, "sets">,
  { runtime, kind, held }: { readonly runtime: string; readonly kind: "zip" | "image"; readonly held: boolean },
): readonly number[] {
  const set = sets.find((one) => one.runtime === runtime && one.package === kind)
  return (set?.ms ?? []).filter((_, date) => HELD_OUT.date(date) === held).flat()
}

/** The whole file; `date` is the day of the fit. About a second. */
export function fitLambda(date: string): unknown {
  const inits = initData()
  const starts = startData()
  const cpus = cpuData()
  const python = seenInits(inits, "python", "zip")
  const sdMs = (sampleQuantile(python, 0.9) - sampleQuantile(python, 0.1)) / (2 * normalQuantile(0.9))
  const { dispatch, placement, slow } = fitStarts(starts, { medianMs: median(python), sdMs })
  const cpu = fitCpu(cpus.sizes.filter((_, i) => !HELD_OUT.size(i)))
  const spreads = transferSpreads()
  const fitted = {
    date,
    sources: {
      init: fittedFrom(inits.origin, "init by runtime and package, two dates of three"),
      starts: fittedFrom(starts.origin, "way of requests and placement of instances, bursts of all sizes but 100"),
      cpu: fittedFrom(cpus.origin, "start of short work in the scheduler's period, and noise; two sizes of three"),
      transfers: fittedFrom(spreads.origin, "spread of transfers of 512 MiB by 100 functions at once"),
    },
    start: { dispatch, placement, slow, init: initLaws(inits) },
    cpu: { startSpread: cpu.startSpread },
    noise: {
      invocationSd: cpu.invocationSd,
      instanceSd: cpu.instanceSd,
      disturbed: { share: cpu.disturbedShare, factor: disturbance(cpu.disturbedFactor) },
    },
    store: { read: { spread: spreads.read }, write: { spread: spreads.write } },
  }
  const base: unknown = JSON.parse(readFileSync(join(import.meta.dirname, "..", "data", "lambda-base.json"), "utf8"))
  return extended(base, fitted)
}

function fittedFrom(origin: Origin, what: string): object {
  const { repository, commit, licence } = origin
  return { kind: "fitted", what, url: `https://github.com/${repository}`, commit, licence }
}

function initLaws(inits: InitData): Record<string, Record<"zip" | "image", StoredDistribution>> {
  const laws: Record<string, Record<"zip" | "image", StoredDistribution>> = {}
  for (const runtime of new Set(inits.sets.map((set) => set.runtime)))
    laws[runtime] = {
      zip: distributionOf(seenInits(inits, runtime, "zip")),
      image: distributionOf(seenInits(inits, runtime, "image")),
    }
  return laws
}

/** The factor of what is disturbed: its median is fitted, how it spreads is not seen in published quantiles. */
function disturbance(middle: number): StoredDistribution {
  const round = (value: number): number => Number(value.toPrecision(3))
  const quantiles = [0.2, 0.6, 1, 1.6, 2.6, 3.6, 8].map((share) => round(1 + (middle - 1) * share))
  return { quantiles, xi: 0.3 }
}

interface Spreads {
  readonly origin: Origin
  readonly read: StoredDistribution
  readonly write: StoredDistribution
}

function transferSpreads(): Spreads {
  const file = join(import.meta.dirname, "..", "..", "estimation", "data", "store-transfers.json")
  // Written once from the public data that it names.
  const data = JSON.parse(readFileSync(file, "utf8")) as { origin: Origin; times: Record<string, readonly number[]> }
  const spread = (name: string): StoredDistribution => {
    const times = data.times[name]!
    return distributionOf(times.map((ms) => ms / median(times)))
  }
  return { origin: data.origin, read: spread("aws_s3 read"), write: spread("aws_s3 write") }
}
