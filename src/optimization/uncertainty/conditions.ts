import { assertNever } from "../../base/assert-never.ts"
import type { Condition, Step } from "../../workflow/workflow.ts"

/** Values of a latent number U, uniform in [0, 1): disjoint intervals [from, to), ascending. */
export type Intervals = readonly (readonly [number, number])[]

/**
 * When a conditional step's condition holds: for U of its draw in `holds`. Conditions on the same value share one draw,
 * so that `==` and `!=` of one constant exclude each other, and so do `<` and `>=`.
 */
export interface BranchRule {
  readonly draw: string
  /** Name of the step whose output is looked at. */
  readonly decidedBy: string
  readonly holds: Intervals
}

/**
 * The rules of all conditional steps, by step name. `probabilityOf(step)` is the chance that the step's condition holds,
 * given that the step it looks at has run. Conditions on one value are coupled as the value itself couples them:
 *   - `<`, `<=` hold for small U, `>`, `>=` for large U: thresholds are nested, opposites of equal thresholds exclusive;
 *   - `==` of different constants take one interval after the other; `!=` is the complement of `==` where that is there.
 * Probabilities of exclusive constants that add up to more than 1 are scaled down to 1.
 */
export function branchRules(
  steps: readonly Step[],
  probabilityOf: (step: string) => number,
): ReadonlyMap<string, BranchRule> {
  const rules = new Map<string, BranchRule>()
  const conditional = steps.filter((step) => step.when !== undefined)
  const groups = Map.groupBy(conditional, (step) => drawOf(step.when!))
  for (const [draw, group] of groups) {
    const constants = equalities(group, probabilityOf)
    for (const step of group) {
      const holds = holdsFor(step.when!, share(probabilityOf(step.name)), constants)
      rules.set(step.name, { draw, decidedBy: step.when!.step, holds })
    }
  }
  return rules
}

function drawOf({ step, path }: Condition): string {
  return `${step}/${path}`
}

function share(probability: number): number {
  return Math.min(Math.max(probability, 0), 1)
}

/** The interval of each constant that some step of the group compares with by `==`. */
function equalities(
  group: readonly Step[],
  probabilityOf: (step: string) => number,
): ReadonlyMap<string, readonly [number, number]> {
  const shares = new Map<string, number>()
  for (const { name, when } of group)
    if (when!.operator === "==" && !shares.has(constantOf(when!)))
      shares.set(constantOf(when!), share(probabilityOf(name)))
  const total = [...shares.values()].reduce((sum, value) => sum + value, 0)
  const scale = total > 1 ? 1 / total : 1
  let at = 0
  return new Map(
    [...shares].map(([constant, value]) => {
      const from = at
      at += value * scale
      return [constant, [from, Math.min(1, at)] as const]
    }),
  )
}

function constantOf({ value }: Condition): string {
  return JSON.stringify(value ?? null)
}

function holdsFor(
  condition: Condition,
  probability: number,
  constants: ReadonlyMap<string, readonly [number, number]>,
): Intervals {
  switch (condition.operator) {
    case "==":
      return [constants.get(constantOf(condition))!]
    case "!=": {
      const excluded = constants.get(constantOf(condition))
      return excluded === undefined ? [[1 - probability, 1]] : complement(excluded)
    }
    case ">":
    case ">=":
      return [[1 - probability, 1]]
    case "<":
    case "<=":
    case "exists":
      return [[0, probability]]
    default:
      return assertNever(condition.operator)
  }
}

function complement([from, to]: readonly [number, number]): Intervals {
  return [[0, from] as const, [to, 1] as const].filter(([a, b]) => b > a)
}

/** Values in both. */
export function intersection(a: Intervals, b: Intervals): Intervals {
  return a
    .flatMap(([from, to]) => b.map(([start, end]) => [Math.max(from, start), Math.min(to, end)] as const))
    .filter(([from, to]) => to > from)
}

/** Probability of the intervals. */
export function measure(intervals: Intervals): number {
  return intervals.reduce((sum, [from, to]) => sum + to - from, 0)
}

/** Whether a value lies in one of them. */
export function holdsAt(intervals: Intervals, u: number): boolean {
  return intervals.some(([from, to]) => u >= from && u < to)
}
