import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import { graphOf } from "../../workflow/graph.ts"
import { randomWorkflow, workflowOf } from "../testing/synthetic-problem.ts"
import { type ParallelGroup, parallelGroups, pruned } from "./parallel-groups.ts"

interface Named {
  readonly branches: readonly string[]
  readonly own: string
  readonly children: readonly Named[]
}

/** Steps are single letters, edges pairs of them. */
function groupsOf(steps: string, edges: string): Named {
  const pairs = edges.split(" ").map((edge): [string, string] => [edge[0]!, edge[1]!])
  const graph = graphOf(workflowOf(steps.split(""), pairs))
  const text = (indices: readonly number[]): string =>
    indices
      .map((i) => graph.names[i]!)
      .sort()
      .join("")
  const named = ({ branches, own, children }: ParallelGroup): Named => ({
    branches: branches.map(text),
    own: text(own),
    children: children.map(named),
  })
  return named(parallelGroups(graph))
}

describe("the groups of", () => {
  test("the paper's example: {(v1,v2,v3),(v4,v5)} with the child {(v2),(v3)}", () => {
    // s: source, t: sink. 1 forks to 2 and 3, which end in the same sink as 4 then 5.
    const { own, children } = groupsOf("s12345t", "s1 s4 12 13 45 2t 3t 5t")
    expect(own).toBe("st")
    expect(children).toEqual([
      {
        branches: ["123", "45"],
        own: "145",
        children: [{ branches: ["2", "3"], own: "23", children: [] }],
      },
    ])
  })

  test("face detection: {(face),(HD)} between decode and encode", () => {
    expect(groupsOf("dfhe", "df dh fe he")).toMatchObject({
      own: "de",
      children: [{ branches: ["f", "h"], own: "fh", children: [] }],
    })
  })

  test("a chain: none", () => {
    expect(groupsOf("abc", "ab bc")).toEqual({ branches: ["abc"], own: "abc", children: [] })
  })

  test("a step that is sink and source: one group on either side", () => {
    const { own, children } = groupsOf("sabtcdu", "sa sb at bt tc td cu du")
    expect(own).toBe("su")
    // All between s and u is a group as well, of which t is the series part.
    expect(children).toHaveLength(1)
    expect(children[0]!.own).toBe("t")
    expect(children[0]!.children.map((child) => child.own)).toEqual(["ab", "cd"])
  })

  test("several roots and leaves: branches of the whole workflow, between virtual ends", () => {
    const whole = groupsOf("abcdef", "ab cd ef")
    expect(whole).toEqual({ branches: ["ab", "cd", "ef"], own: "abcdef", children: [] })
  })

  test("two diamonds side by side: the inside of each", () => {
    const whole = groupsOf("abcdefgh", "ab ac bd cd ef eg fh gh")
    expect(whole.own).toBe("adeh")
    expect(whole.children.map((child) => child.own)).toEqual(["bc", "fg"])
  })

  test("what is not series-parallel: left in the parent", () => {
    expect(groupsOf("sabcdt", "sa sb ac bc bd ct dt").children.every((child) => child.own.length > 0)).toBe(true)
  })
})

test("of children that cover their parent the smallest, and the first of equal ones, is dissolved", () => {
  const graph = graphOf(workflowOf(["a", "b", "c", "d", "e"], []))
  const leaf = (...steps: readonly number[]): ParallelGroup => ({ steps, own: steps, branches: [], children: [] })
  const group = pruned(graph, [0, 1, 2, 3, 4], [leaf(0), leaf(1, 2), leaf(3, 4)])
  expect(group.own).toEqual([0])
  expect(pruned(graph, [1, 2, 3, 4], [leaf(1, 2), leaf(3, 4)]).own).toEqual([1, 2])
  expect(pruned(graph, [0, 1, 2, 3, 4], [leaf(1, 2), leaf(3, 4)]).children).toHaveLength(2)
})

test("in any graph groups are nested or disjoint, closed, and have steps of their own", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 10 }), (seed, count) => {
      const graph = graphOf(randomWorkflow(seededRandom(seed), count))
      const check = (group: ParallelGroup): number[] => {
        expect(group.own.length).toBeGreaterThan(0)
        const inside = [...group.own, ...group.children.flatMap(check)].sort((a, b) => a - b)
        expect(inside).toEqual(group.steps)
        expect(group.branches.flat().sort((a, b) => a - b)).toEqual(group.steps)
        return [...group.steps]
      }
      const whole = parallelGroups(graph)
      expect(check(whole)).toEqual(graph.names.map((_, i) => i))
      for (const child of descendants(whole)) {
        const outside = (i: number): boolean => !child.steps.includes(i)
        const entries = child.steps.flatMap((i) =>
          graph.parents[i]!.length === 0 ? [-1] : graph.parents[i]!.filter(outside),
        )
        const exits = child.steps.flatMap((i) =>
          graph.children[i]!.length === 0 ? [-1] : graph.children[i]!.filter(outside),
        )
        expect(new Set(entries).size).toBe(1)
        expect(new Set(exits).size).toBe(1)
      }
    }),
    { numRuns: 40 },
  )
})

function descendants(group: ParallelGroup): ParallelGroup[] {
  return group.children.flatMap((child) => [child, ...descendants(child)])
}
