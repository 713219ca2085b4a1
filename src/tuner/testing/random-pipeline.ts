import { seededRandom, seedOf, type Random } from "../../base/random.ts"
import { parseWorkflow } from "../../workflow/parse.ts"
import type { StepSpecInput } from "../../workflow/spec.ts"
import type { Workflow } from "../../workflow/workflow.ts"

type Steps = Record<string, StepSpecInput>

/**
 * A workflow of 3-12 steps with chains, forks, joins, choices of one of two or three, optional steps and maps. Functions
 * are as in `answersOf`: `{ n: 0-9, list: 1-6 numbers }`. The same seed gives the same workflow.
 */
export function randomPipeline(seed: number): Workflow {
  const random = seededRandom(seedOf(`pipeline ${seed}`))
  const steps: Steps = {}
  let last = step(steps, [], {})
  const wanted = 3 + Math.floor(random.next() * 10)
  while (Object.keys(steps).length < wanted) last = grow(steps, last, random)
  const functions = Object.fromEntries(Object.keys(steps).map((name) => [name, { handler: `./${name}.ts` }]))
  return parseWorkflow({ name: `pipeline-${seed}`, functions, steps }, `pipeline-${seed}`)
}

/** Adds a step that calls a function of its own name; the answer is the name. */
function step(steps: Steps, after: readonly string[], spec: Omit<StepSpecInput, "function">): string {
  const name = `f${Object.keys(steps).length}`
  steps[name] = { function: name, after: [...after], ...spec }
  return name
}

/** Adds a piece behind `last`; the answer is the step that the next piece follows. */
function grow(steps: Steps, last: string, random: Random): string {
  const kind = random.next()
  if (kind < 0.25) return step(steps, [last], {})
  if (kind < 0.4) return step(steps, [step(steps, [last], { map: { step: last, path: "list" } })], {})
  if (kind < 0.5) return step(steps, [step(steps, [last], whenOf(last, "<", 2 + random.next() * 6))], {})
  if (kind < 0.7) return choice(steps, last, random)
  return fork(steps, last, random)
}

/** One of two branches, or one of three, and a step after them. */
function choice(steps: Steps, last: string, random: Random): string {
  const limit = 3 + Math.floor(random.next() * 4)
  const first = step(steps, [last], whenOf(last, "<", limit))
  const second = step(steps, [last], whenOf(last, ">=", limit))
  const end = random.next() < 0.3 ? step(steps, [second], whenOf(last, ">=", limit)) : second
  return step(steps, [first, end], {})
}

/** Two to four branches of one or two steps, and a step that waits for all of them. */
function fork(steps: Steps, last: string, random: Random): string {
  const ends = Array.from({ length: 2 + Math.floor(random.next() * 3) }, () => {
    const first = step(steps, [last], {})
    return random.next() < 0.3 ? step(steps, [first], {}) : first
  })
  return step(steps, ends, {})
}

function whenOf(of: string, operator: "<" | ">=", value: number): Pick<StepSpecInput, "when"> {
  return { when: { step: of, path: "n", operator, value: Math.floor(value) } }
}
