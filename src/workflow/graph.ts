import type { Step, Workflow } from "./workflow.ts"

/** The DAG of a workflow by step index, indices in topological order (the order of `workflow.steps`). */
export interface Graph {
  readonly names: readonly string[]
  readonly indexOf: ReadonlyMap<string, number>
  readonly parents: readonly (readonly number[])[]
  readonly children: readonly (readonly number[])[]
}

/** Builds the index of a valid workflow in O(V + E). */
export function graphOf(workflow: Workflow): Graph {
  const indexOf = new Map(workflow.steps.map((step, index) => [step.name, index]))
  const parents = workflow.steps.map((step) => step.after.map((name) => indexOf.get(name) ?? -1))
  const children: number[][] = workflow.steps.map(() => [])
  parents.forEach((list, child) => {
    for (const parent of list) children[parent]?.push(child)
  })
  return { names: workflow.steps.map((step) => step.name), indexOf, parents, children }
}

type Ordered = Pick<Step, "name" | "after">

export type Sorted<T> =
  | { readonly kind: "sorted"; readonly steps: readonly T[] }
  | { readonly kind: "cycle"; readonly path: readonly string[] }

/** Kahn's topological sort, stable in the given order; or one cycle, as the names along it. Every name in `after` must exist. */
export function topologicalSort<T extends Ordered>(steps: readonly T[]): Sorted<T> {
  const byName = new Map(steps.map((step) => [step.name, step]))
  const missing = new Map(steps.map((step) => [step.name, step.after.length]))
  const children = new Map<string, string[]>()
  for (const step of steps)
    for (const parent of step.after) children.set(parent, [...(children.get(parent) ?? []), step.name])
  const ready = steps.filter((step) => step.after.length === 0).map((step) => step.name)
  const sorted: T[] = []
  for (let name = ready.shift(); name !== undefined; name = ready.shift()) {
    sorted.push(byName.get(name)!)
    for (const child of children.get(name) ?? []) {
      const left = missing.get(child)! - 1
      missing.set(child, left)
      if (left === 0) ready.push(child)
    }
  }
  if (sorted.length === steps.length) return { kind: "sorted", steps: sorted }
  return { kind: "cycle", path: cycleAmong(steps.filter((step) => missing.get(step.name)! > 0)) }
}

/** Walks parents inside the unsorted rest until a name repeats: every step there has a parent there. */
function cycleAmong(rest: readonly Ordered[]): string[] {
  const byName = new Map(rest.map((step) => [step.name, step]))
  const path: string[] = []
  let current = rest[0]!
  while (!path.includes(current.name)) {
    path.push(current.name)
    current = byName.get(current.after.find((parent) => byName.has(parent))!)!
  }
  return [...path.slice(path.indexOf(current.name)), current.name].reverse()
}
