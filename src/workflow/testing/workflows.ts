import { defineWorkflow } from "../builder.ts"
import type { Workflow } from "../workflow.ts"

/** Tiny named workflows that all planners and engines are tried on. Every step calls a function of its own name. */

/** ```
 * a -> b -> c
 * ``` */
export const chain: Workflow = fromEdges("chain", { a: [], b: ["a"], c: ["b"] })

/** ```
 *     b
 *   /   \
 * a       d
 *   \   /
 *     c
 * ``` */
export const diamond: Workflow = fromEdges("diamond", { a: [], b: ["a"], c: ["a"], d: ["b", "c"] })

/** ```
 *     b1
 *   /    \
 * a - b2 - c
 *   \    /
 *     b3
 * ``` */
export const fanOut: Workflow = fromEdges("fanOut", { a: [], b1: ["a"], b2: ["a"], b3: ["a"], c: ["b1", "b2", "b3"] })

/** The video workflow of StepConf; the edges are our reading.
 * ```
 *                  watermark
 *                /           \
 * pull -> detect               colour -> text -> interpolate -> merge
 *                \           /
 *                  superres
 * ``` */
export const video: Workflow = fromEdges("video", {
  pull: [],
  detect: ["pull"],
  watermark: ["detect"],
  superres: ["detect"],
  colour: ["watermark", "superres"],
  text: ["colour"],
  interpolate: ["text"],
  merge: ["interpolate"],
})

/** ML of Orion: three independent copies of preprocess -> train -> merge, so three sources and three sinks. */
export const ml: Workflow = fromEdges("ml", {
  ...copyOfMl(1),
  ...copyOfMl(2),
  ...copyOfMl(3),
})

/** Start, seven, a barrier (each of the next waits for all), seven, end: what the engine's overhead is measured on. */
export const barrier16: Workflow = fromEdges("barrier16", {
  start: [],
  ...layer("x", ["start"]),
  ...layer("y", Object.keys(layer("x", []))),
  end: Object.keys(layer("y", [])),
})

/** Seven chains a -> b -> c without a barrier: completions come in another order after every restart. */
export const sevenChains: Workflow = fromEdges(
  "sevenChains",
  Object.assign(
    {},
    ...[1, 2, 3, 4, 5, 6, 7].map((i) => ({ [`a${i}`]: [], [`b${i}`]: [`a${i}`], [`c${i}`]: [`b${i}`] })),
  ),
)

/** A workflow from its edges: each step with its parents. All steps split their input into one task each. */
export function fromEdges(name: string, edges: Readonly<Record<string, readonly string[]>>): Workflow {
  const names = Object.keys(edges)
  return defineWorkflow({
    name,
    functions: Object.fromEntries(names.map((step) => [step, { handler: `./${step}.ts` }])),
    steps: Object.fromEntries(names.map((step) => [step, { function: step, after: [...edges[step]!] }])),
  })
}

function copyOfMl(i: number): Record<string, string[]> {
  return { [`preprocess${i}`]: [], [`train${i}`]: [`preprocess${i}`], [`merge${i}`]: [`train${i}`] }
}

function layer(prefix: string, parents: readonly string[]): Record<string, readonly string[]> {
  return Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((i) => [`${prefix}${i}`, parents]))
}
