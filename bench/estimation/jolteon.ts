// Jolteon's video workflow, the one public grid of memory x instances: compute, read and write at cells and in an epoch
// that were not fitted; how often a 95 % band learned without that epoch covers it; Jolteon's own form and band beside.
import { clopperPearson } from "../../src/statistics/binomial.ts"
import { correctionOf } from "../../src/statistics/conformal.ts"
import { mean, median } from "../../src/statistics/order-statistics.ts"
import type { Bench } from "../bench.ts"
import video from "./data/jolteon-video.json" with { type: "json" }
import { fitJolteon, fitParts, type FittedPart, type VideoCell } from "./jolteon-models.ts"

const PARTS = ["compute", "read", "write"] as const
type Part = (typeof PARTS)[number]
/** Warm epochs: either is fitted and the other one held back. */
const EPOCHS = [
  [1, 2],
  [2, 1],
] as const
/** Nine of 24 cells: a grid of three memories and three instance counts, the ends always among them. */
const DESIGNS = [1, 2, 3, 4].flatMap((memory) => [1, 2].map((functions) => ({ memory, functions })))
const Z975 = 1.959963984540054

interface Prediction {
  readonly part: Part
  readonly stage: string
  readonly cell: string
  /** ln(measured / predicted) in the fitted epoch and in the one held back; the cell was fitted in neither. */
  readonly seen: number
  readonly heldBack: number
  /** The same by Jolteon's form, and whether its band covers. */
  readonly jolteon: number
  readonly jolteonCovered: boolean
  /** |ln| between the two epochs: what no model can know. */
  readonly floor: number
}

const cells: readonly VideoCell[] = video.memoryMB.flatMap((memoryMB, m) =>
  video.functions.map((functions, f) => ({ memoryMB, functions, m, f })),
)

function predictionsOf(design: (typeof DESIGNS)[number], [fitted, held]: (typeof EPOCHS)[number]): Prediction[] {
  const inDesign = ({ m, f }: VideoCell): boolean =>
    [0, design.memory, video.memoryMB.length - 1].includes(m) && [0, design.functions, 3].includes(f)
  return video.stages.flatMap((stage) => {
    const timesOf = { compute: stage.computeMs, read: stage.readMs, write: stage.writeMs }
    const fits = fitParts(cells.filter(inDesign), (part, { m, f }) => timesOf[part][m]![f]![fitted]!)
    return PARTS.flatMap((part) => {
      const ms = (cell: VideoCell, epoch: number): number => timesOf[part][cell.m]![cell.f]![epoch]!
      const theirs = fitJolteon(cells.filter(inDesign), { part, ms: (cell) => ms(cell, fitted) })
      return cells
        .filter((cell) => !inDesign(cell))
        .map((cell) => judged(cell, { part, stage: stage.name, ours: fits[part], theirs, ms, epochs: [fitted, held] }))
    })
  })
}

interface Judging {
  readonly part: Part
  readonly stage: string
  readonly ours: FittedPart
  readonly theirs: ReturnType<typeof fitJolteon>
  readonly ms: (cell: VideoCell, epoch: number) => number
  readonly epochs: readonly [fitted: number, held: number]
}

function judged(cell: VideoCell, { part, stage, ours, theirs, ms, epochs }: Judging): Prediction {
  const [seen, heldBack] = [ms(cell, epochs[0]), ms(cell, epochs[1])]
  const predicted = ours(cell)
  const { ms: theirMs, sd } = theirs(cell)
  return {
    part,
    stage,
    cell: `${cell.m}/${cell.f}`,
    seen: Math.log(seen / predicted),
    heldBack: Math.log(heldBack / predicted),
    jolteon: heldBack / theirMs - 1,
    jolteonCovered: Math.abs(heldBack - theirMs) <= Z975 * sd,
    floor: Math.abs(Math.log(heldBack / seen)),
  }
}

/** Is the held-back epoch inside the band of scores of the other cells of the same part, all from the fitted epoch? */
function isCovered(prediction: Prediction, all: readonly Prediction[]): boolean {
  const scores = all
    .filter(
      ({ part, stage, cell }) => part === prediction.part && (stage !== prediction.stage || cell !== prediction.cell),
    )
    .map(({ seen }) => seen)
  return prediction.heldBack >= correctionOf(scores, 0.025) && prediction.heldBack <= correctionOf(scores, 0.975)
}

const errorPct = (log: number): number => 100 * Math.abs(Math.expm1(-log))
const rounded = (x: number): number => Math.round(x * 10) / 10

export const bench: Bench = () => {
  const sets = DESIGNS.flatMap((design) => EPOCHS.map((epochs) => predictionsOf(design, epochs)))
  const all = sets.flat()
  const covered = sets.map((set) => set.filter((prediction) => isCovered(prediction, set)).length)
  const share = covered.reduce((sum, hits) => sum + hits, 0) / all.length
  // The designs see the same cells: only those of one design, in both directions, are trials of their own.
  const trials = (2 * all.length) / sets.length
  const interval = clopperPearson(Math.round(share * trials), trials, 0.95)
  const of = (part: Part): readonly Prediction[] => all.filter((prediction) => prediction.part === part)
  const meanError = (part: Part): number => rounded(mean(of(part).map(({ heldBack }) => errorPct(heldBack))))
  return Promise.resolve({
    summary: {
      jolteonComputeErrorPct: meanError("compute"),
      jolteonReadErrorPct: meanError("read"),
      jolteonWriteErrorPct: meanError("write"),
      jolteonOwnFormComputeErrorPct: rounded(100 * mean(of("compute").map(({ jolteon }) => Math.abs(jolteon)))),
      jolteonCoveragePct: rounded(100 * share),
      jolteonCoverageOk: interval.low <= 0.95 && interval.high >= 0.95,
      jolteonCovarianceCoveragePct: rounded(
        (100 * all.filter(({ jolteonCovered }) => jolteonCovered).length) / all.length,
      ),
    },
    reasons: {},
    rows: [
      { table: "jolteon coverage", trials, lowPct: rounded(100 * interval.low), highPct: rounded(100 * interval.high) },
      ...PARTS.flatMap((part) => video.stages.map((stage) => rowOf(part, stage.name, of(part)))),
    ],
  })
}

function rowOf(part: Part, stage: string, predictions: readonly Prediction[]): Readonly<Record<string, unknown>> {
  const own = predictions.filter((prediction) => prediction.stage === stage)
  return {
    table: "jolteon: unseen cells of the held-back epoch, fitted on 9 of 24",
    part,
    stage,
    predictions: own.length,
    errorPct: rounded(mean(own.map(({ heldBack }) => errorPct(heldBack)))),
    medianErrorPct: rounded(median(own.map(({ heldBack }) => errorPct(heldBack)))),
    betweenEpochsPct: rounded(mean(own.map(({ floor }) => errorPct(floor)))),
    ownFormErrorPct: rounded(100 * mean(own.map(({ jolteon }) => Math.abs(jolteon)))),
    covarianceCoveragePct: rounded((100 * own.filter(({ jolteonCovered }) => jolteonCovered).length) / own.length),
  }
}
