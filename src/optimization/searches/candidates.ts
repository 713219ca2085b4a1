import type { Random } from "../../base/random.ts"
import { normalQuantile } from "../../statistics/normal.ts"
import type { StepOptions } from "./search-space.ts"

/** A selection as one text, to tell equal ones. */
export function keyOf(selection: Int32Array): string {
  return selection.join(",")
}

/** The inputs of a selection: those of its steps, one after the other. */
export function encode(steps: readonly StepOptions[], selection: Int32Array): number[] {
  return steps.flatMap((step, i) => step.inputs[selection[i]!]!)
}

export function randomSelection(steps: readonly StepOptions[], random: Random): Int32Array {
  return Int32Array.from(steps, ({ configs }) => Math.floor(random.next() * configs.length))
}

/** Chance of a step to be moved by a mutation, at least one of them is; sd of the move in its [0, 1] inputs. */
const MUTATED_SHARE = 0.3
const MUTATION_SD = 0.15

/** A selection nearby: some steps moved by a normal step in their inputs, to the nearest option. */
export function mutate(steps: readonly StepOptions[], selection: Int32Array, random: Random): Int32Array {
  const moved = Int32Array.from(selection)
  const surely = Math.floor(random.next() * steps.length)
  for (const [i, step] of steps.entries()) {
    if (i !== surely && random.next() >= MUTATED_SHARE) continue
    const goal = step.inputs[selection[i]!]!.map((x) => x + MUTATION_SD * standardNormal(random))
    moved[i] = nearest(step, goal)
  }
  return moved
}

function standardNormal(random: Random): number {
  return normalQuantile(0.5 / 2 ** 52 + random.next())
}

/** The option whose inputs are nearest. O(options) */
export function nearest({ inputs }: StepOptions, goal: readonly number[]): number {
  let best = 0
  let least = Infinity
  for (const [k, input] of inputs.entries()) {
    let square = 0
    for (let d = 0; d < goal.length; d++) square += (input[d]! - goal[d]!) ** 2
    if (square >= least) continue
    least = square
    best = k
  }
  return best
}

export interface CandidateRequest {
  readonly random: Random
  /** Selections known already: they are left out. */
  readonly known: ReadonlySet<string>
  /** Mutated for part of the candidates; random ones alone where null. */
  readonly incumbent: Int32Array | null
  /** Random ones and mutations drawn; default 250 and 150. */
  readonly counts?: { readonly random: number; readonly mutated: number }
}

const COUNTS = { random: 250, mutated: 150 }

/** Distinct candidates for the next evaluation: random ones and mutations of the incumbent. None when all are known. */
export function candidates(steps: readonly StepOptions[], request: CandidateRequest): Int32Array[] {
  const { random, known, incumbent, counts = COUNTS } = request
  const found = new Map<string, Int32Array>()
  const add = (selection: Int32Array): void => {
    const key = keyOf(selection)
    if (!known.has(key)) found.set(key, selection)
  }
  for (let i = 0; i < counts.random; i++) add(randomSelection(steps, random))
  if (incumbent !== null) for (let i = 0; i < counts.mutated; i++) add(mutate(steps, incumbent, random))
  return [...found.values()]
}
