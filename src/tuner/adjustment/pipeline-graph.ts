import type { Graph } from "../../workflow/graph.ts"
import type { ObservedPipeline } from "../observation.ts"

/** The steps of a pipeline that `has` keeps, with edges through those that it leaves out. */
export function graphOfPipeline({ steps, edges }: ObservedPipeline, has: (step: string) => boolean): Graph {
  const parentsOf = (step: string): readonly string[] => {
    const direct = edges.filter(({ to }) => to === step).map(({ from }) => from)
    return [...new Set(direct.flatMap((from) => (has(from) ? [from] : parentsOf(from))))]
  }
  const names = steps.map(({ name }) => name).filter(has)
  const indexOf = new Map(names.map((name, index) => [name, index]))
  const parents = names.map((name) => parentsOf(name).map((parent) => indexOf.get(parent)!))
  const children: number[][] = names.map(() => [])
  for (const [child, list] of parents.entries()) for (const parent of list) children[parent]!.push(child)
  return { names, indexOf, parents, children }
}
