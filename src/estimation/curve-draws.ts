import type { Random } from "../base/random.ts"
import { addEquation, normalEquations, solveNonNegative } from "../statistics/non-negative-least-squares.ts"
import { normalQuantile } from "../statistics/normal.ts"
import type { Cell } from "./cells.ts"
import { inSeveral, PRIOR } from "./compute-candidate.ts"
import { computeColumns, type ComputeParameters, type ComputeShape, type ThreadKind } from "./compute-model.ts"

/** What the draws of a function's curve rest on. */
export interface CurveEvidence {
  /** Warm cells; none leaves the prior alone. */
  readonly cells: readonly Cell[]
  /** Of each cell's ln t around a roofline: noise of its median and error of the form. */
  readonly variances: ArrayLike<number>
  /** What was fitted to them: says which kind of code is likelier, and how its phases and threads are. */
  readonly fitted: ComputeShape
  /** Of the platform. */
  readonly mbPerVcpu: number
}

export interface DrawOptions {
  readonly count: number
  readonly random: Random
}

/** Chance that the kind of code is the other one before cells say anything. */
const OTHER_KIND = 0.25

/** ln of the breakpoint over the platform's: from -1 to 1 in steps of a tenth. */
const LOG_BREAKPOINTS: readonly number[] = Array.from({ length: 21 }, (_, i) => (i - 10) / 10)
/** Exponents below one vCPU with their weights: sd 0.05 around 1. */
const EXPONENTS = [
  { exponent: 0.94, weight: 0.25 },
  { exponent: 1, weight: 0.5 },
  { exponent: 1.06, weight: 0.25 },
] as const
const SHARES = [0.25, 0.5, 0.75, 0.9, 0.97] as const
const CONTENTIONS = [0.03, 0.15] as const

/** Phi, f0, w0, wp. */
const COLUMNS = 4

/** The variances given count for so many cells; a roofline follows about so many as it likes. */
const SCALE_WEIGHT = 2
const SPENT = 3

export interface CurveDraws {
  readonly curves: readonly ComputeParameters[]
  /** What the cells' variances turned out to be over those given, by how near the best roofline comes to them. */
  readonly scale: number
}

interface PossibleShape {
  readonly shape: ComputeShape
  readonly prior: number
}

/**
 * Rooflines that the cells leave possible, as equally likely draws: the shape (kind of code, breakpoint, exponent,
 * parallel share) from a grid weighted by prior and likelihood, phi, f0, w0 and wp given it by solving again with noise
 * added to the cells and the priors drawn anew, which is exact where no bound holds. About 10 ms for 64 draws.
 */
export function drawCurves(given: CurveEvidence, { count, random }: DrawOptions): CurveDraws {
  const shapes = possibleShapes(given)
  const lossesOf = (evidence: CurveEvidence): number[] =>
    shapes.map(({ shape }) => solveNonNegative(equationsOf(evidence, shape, null)).loss)
  const first = Math.min(...lossesOf(given))
  const scale = (SCALE_WEIGHT + first) / (SCALE_WEIGHT + Math.max(0, given.cells.length - SPENT))
  const evidence = { ...given, variances: Array.from(given.variances, (variance) => scale * variance) }
  const losses = lossesOf(evidence)
  const least = Math.min(...losses)
  const weights = shapes.map(({ prior }, i) => prior * Math.exp((least - losses[i]!) / 2))
  const chosen = evenly(weights, { count, random })
  const curves = chosen.map((i) => {
    const { shape } = shapes[i]!
    const { coefficients } = solveNonNegative(equationsOf(evidence, shape, random))
    const [phiMs = 0, f0Ms = 0, w0Ms = 0, processTaskMs = 0] = coefficients
    return { ...shape, phiMs, f0Ms, w0Ms, processTaskMs }
  })
  return { curves, scale }
}

/** Indices in proportion to their weights, by one number per stratum: as many draws differ as can. */
function evenly(weights: readonly number[], { count, random }: DrawOptions): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const chosen: number[] = []
  let at = 0
  let below = weights[0]!
  for (let b = 0; b < count; b++) {
    const level = ((b + random.next()) / count) * total
    while (below < level && at < weights.length - 1) below += weights[++at]!
    chosen.push(at)
  }
  return shuffled(chosen, random)
}

/** In random order (Fisher and Yates): draws of one function must not go along with those of another. */
function shuffled(values: number[], random: Random): number[] {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1))
    const held = values[i]!
    values[i] = values[j]!
    values[j] = held
  }
  return values
}

function possibleShapes({ fitted, mbPerVcpu }: CurveEvidence): readonly PossibleShape[] {
  const { cores = "share" } = fitted
  const kinds: readonly ThreadKind[] = ["single", "multi"]
  const normal = (x: number, sd: number): number => Math.exp(-0.5 * (x / sd) ** 2)
  return kinds.flatMap((kind) => {
    const { mostVcpus = Infinity, phases = "long" } = kind === fitted.kind ? fitted : {}
    const own = inner(kind).flatMap((rest) =>
      LOG_BREAKPOINTS.flatMap((log) =>
        EXPONENTS.map(({ exponent, weight }) => ({
          shape: { kind, ...rest.shape, mbPerVcpu: mbPerVcpu * Math.exp(log), exponent, cores, mostVcpus, phases },
          prior: rest.prior * weight * normal(log, PRIOR.logMbPerVcpuSd),
        })),
      ),
    )
    const total = own.reduce((sum, { prior }) => sum + prior, 0)
    const share = kind === fitted.kind ? 1 - OTHER_KIND : OTHER_KIND
    return own.map(({ shape, prior }) => ({ shape, prior: (share * prior) / total }))
  })
}

/** What several cores do: contention alone for code with one thread, which sees them only in several processes. */
function inner(kind: ThreadKind): readonly {
  readonly shape: Pick<ComputeShape, "parallelShare" | "contention" | "coherence">
  readonly prior: number
}[] {
  return CONTENTIONS.flatMap((contention) => {
    const near = Math.exp(-0.5 * ((contention - PRIOR.contention) / PRIOR.contentionSd) ** 2)
    const shares = kind === "multi" ? SHARES : [0]
    return shares.map((parallelShare) => {
      const off = kind === "multi" ? (parallelShare - PRIOR.parallelShare) / PRIOR.parallelShareSd : 0
      return { shape: { parallelShare, contention, coherence: 0 }, prior: near * Math.exp(-0.5 * off ** 2) }
    })
  })
}

/** Relative residuals of the cells in units of their sd, and the priors; with `random` both are drawn anew. */
function equationsOf(
  { cells, variances }: CurveEvidence,
  shape: ComputeShape,
  random: Random | null,
): ReturnType<typeof normalEquations> {
  const sums = normalEquations(COLUMNS)
  const row = new Float64Array(COLUMNS)
  const squares = new Float64Array(COLUMNS)
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i]!
    const [start, work] = computeColumns(shape, cell)
    row[0] = 1 / cell.ms
    row[1] = start / cell.ms
    row[2] = work / cell.ms
    row[3] = inSeveral(cell) ? work / cell.ms : 0
    const variance = variances[i]!
    const target = random === null ? 1 : Math.exp(Math.sqrt(variance) * normalOf(random))
    addEquation(sums, row, { target, weight: 1 / variance })
    for (let k = 0; k < COLUMNS; k++) squares[k]! += row[k]! ** 2 / cells.length
  }
  for (const column of [0, 1, 3]) {
    if (squares[column] === 0) continue
    const share = column === 3 ? PRIOR.processTaskSd : PRIOR.fixedShareSd
    const sd = share / Math.sqrt(squares[column]!)
    row.fill(0)[column] = 1
    const target = random === null ? 0 : sd * Math.abs(normalOf(random))
    addEquation(sums, row, { target, weight: 1 / sd ** 2 })
  }
  return sums
}

/** A standard normal number. */
export function normalOf(random: Random): number {
  return normalQuantile(Math.max(random.next(), 1e-12))
}
