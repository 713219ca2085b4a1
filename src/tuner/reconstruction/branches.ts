import type { ObservedBranch, ObservedEdge } from "../observation.ts"

/** A step that runs in more than this share of the runs with its parent always does. */
const ALWAYS = 0.985

/** Runs in which two steps may both be seen, as a share of those with the rarer one, and still exclude each other. */
const TOGETHER = 0.01

/** Smaller rests are chance, and no alternative of their own. */
const LEAST_REST = 0.02

export interface BranchOptions {
  readonly edges: readonly ObservedEdge[]
  /** Steps that some runs begin with. */
  readonly roots: readonly { readonly name: string; readonly probability: number }[]
  /** Runs with a step, and runs with both of two steps. */
  readonly runsWith: (step: string) => number
  readonly runsWithBoth: (a: string, b: string) => number
}

/**
 * Alternatives: of the steps that follow one step, and not always, those that are never seen together make a choice of
 * one. What is left to 1 is the share of the runs that take none of them.
 */
export function branchesOf(options: BranchOptions): readonly ObservedBranch[] {
  const after = new Map<string | null, { readonly name: string; readonly probability: number }[]>()
  const decided = new Set<string>()
  const add = (from: string | null, name: string, probability: number): void => {
    if (probability > ALWAYS || decided.has(name)) return
    decided.add(name)
    after.set(from, [...(after.get(from) ?? []), { name, probability }])
  }
  for (const { name, probability } of options.roots) add(null, name, probability)
  for (const { from, to, probability } of options.edges) add(from, to, probability)
  return [...after]
    .flatMap(([from, steps]) => exclusiveGroups(steps, options).map((group) => branchOf(from, group)))
    .filter(({ choices }) => choices.length > 1)
}

type Choice = { readonly name: string; readonly probability: number }

function exclusiveGroups(steps: readonly Choice[], { runsWith, runsWithBoth }: BranchOptions): readonly Choice[][] {
  const groups: Choice[][] = []
  for (const step of steps) {
    const excludes = (other: Choice): boolean =>
      runsWithBoth(step.name, other.name) <= TOGETHER * Math.min(runsWith(step.name), runsWith(other.name))
    const fitting = groups.find((group) => group.every(excludes) && sumOf(group) + step.probability <= 1 + LEAST_REST)
    if (fitting === undefined) groups.push([step])
    else fitting.push(step)
  }
  return groups
}

function branchOf(after: string | null, group: readonly Choice[]): ObservedBranch {
  const rest = 1 - sumOf(group)
  const choices = group.map(({ name, probability }) => ({ steps: [name], probability }))
  return { after, choices: rest < LEAST_REST ? choices : [...choices, { steps: [], probability: rest }] }
}

function sumOf(group: readonly Choice[]): number {
  return group.reduce((sum, { probability }) => sum + probability, 0)
}
