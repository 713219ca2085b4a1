import type { CompiledParts, CompiledSpace } from "../../estimation/estimator.ts"
import type { SpaceDraws } from "../../estimation/space-draws.ts"

/** Sizes and counts of instances that decisions about measuring look at: more would tell the same 64 times over. */
export interface Thinning {
  readonly memories: number
  readonly instances: number
}

export const DEFAULT_THINNING: Thinning = { memories: 48, instances: 12 }

/** The space with at most so many memory sizes and counts of instances, spread evenly in their logarithm; ends stay. */
export function thinnedSpace(space: CompiledSpace, thinning: Thinning = DEFAULT_THINNING): CompiledSpace {
  return sliced(space, axesKept(space, thinning))
}

/** The same of draws: those of a thinned space are the thinned draws of the space. */
export function thinnedDraws(draws: SpaceDraws, thinning: Thinning = DEFAULT_THINNING): SpaceDraws {
  const kept = axesKept(draws.known, thinning)
  const { known } = draws
  const width = known.processes.length * known.tasksPerInstance.length
  return {
    ...draws,
    known: sliced(known, kept),
    logFactors: draws.logFactors.map((factors) => rowsOf(factors, kept.memory, width)),
  }
}

interface Kept {
  /** Indices on the axes. */
  readonly memory: readonly number[]
  readonly instances: readonly number[]
}

function axesKept({ memoryMB, instances }: CompiledSpace, thinning: Thinning): Kept {
  return { memory: spread(memoryMB, thinning.memories), instances: spread(instances, thinning.instances) }
}

/** Indices of about `count` ascending values, evenly apart in logarithm; all of them where they are no more. */
function spread(values: readonly number[], count: number): readonly number[] {
  if (values.length <= count) return [...values.keys()]
  const [first, last] = [values[0]!, values.at(-1)!]
  const chosen = new Set<number>()
  for (let k = 0; k < count; k++) {
    const wanted = first * (last / first) ** (k / (count - 1))
    const above = values.findIndex((value) => value >= wanted * (1 - 1e-9))
    const at = above < 0 ? values.length - 1 : above
    chosen.add(at > 0 && wanted / values[at - 1]! < values[at]! / wanted ? at - 1 : at)
  }
  return [...chosen].sort((a, b) => a - b)
}

function sliced(space: CompiledSpace, { memory, instances }: Kept): CompiledSpace {
  if (memory.length === space.memoryMB.length && instances.length === space.instances.length) return space
  const counts = space.tasksPerInstance.length
  // The largest count of instances is among those kept: rows by cold starts stay as long as they are.
  const starts = space.instances.at(-1)! + 1
  const parts = (from: CompiledParts): CompiledParts => ({
    mappingDelayMs: rowsOf(from.mappingDelayMs, instances, starts),
    downloadMs: rowsOf(from.downloadMs, memory, counts),
    uploadMs: rowsOf(from.uploadMs, memory, counts),
    computeMs: rowsOf(from.computeMs, memory, space.processes.length * counts),
  })
  const { coldExtraMs } = space
  return {
    ...space,
    memoryMB: memory.map((m) => space.memoryMB[m]!),
    instances: instances.map((p) => space.instances[p]!),
    tasksPerInstanceOf: Int32Array.from(instances, (p) => space.tasksPerInstanceOf[p]!),
    ...parts(space),
    median: parts(space.median),
    mean: parts(space.mean),
    initMs: rowsOf(space.initMs, memory, 1),
    ...(coldExtraMs === undefined ? {} : { coldExtraMs: rowsOf(coldExtraMs, memory, 1) }),
  }
}

function rowsOf(from: Float64Array, rows: readonly number[], width: number): Float64Array {
  const out = new Float64Array(rows.length * width)
  for (const [at, row] of rows.entries()) out.set(from.subarray(row * width, (row + 1) * width), at * width)
  return out
}
