import { describe, expect, test } from "vitest"
import { type Random, seededRandom } from "../../base/random.ts"
import type { FlowCertificate, SelectionProblem } from "../selection-problem.ts"
import {
  randomParents,
  randomProblem,
  randomSelection,
  SHAPES,
  timeRange,
  valueOf,
} from "../testing/selection-problems.ts"
import { certificateBound, certificateHolds } from "./certificate.ts"
import { dualSimplex } from "./network-simplex.ts"

/** Sums of some hundred products in double precision, with room. */
const RELATIVE = 1e-9

function problems(seed: number): SelectionProblem[] {
  const random = seededRandom(seed)
  return [...Object.values(SHAPES), randomParents(random, 25)].map((parents) => randomProblem(random, parents))
}

function middle(problem: SelectionProblem): number {
  const { minMs, maxMs } = timeRange(problem)
  return minMs + 0.2 * (maxMs - minMs)
}

/** A copy with one number replaced by `change` of it: a step's flow, or that of a dependency where `parent` is given. */
function tampered(
  from: FlowCertificate,
  change: (flow: number) => number,
  step: number,
  parent?: number,
): FlowCertificate {
  if (parent === undefined)
    return { ...from, stepFlow: from.stepFlow.map((flow, i) => (i === step ? change(flow) : flow)) }
  return {
    ...from,
    dependencyFlow: from.dependencyFlow.map((list, i) =>
      list.map((flow, j) => (i === step && j === parent ? change(flow) : flow)),
    ),
  }
}

describe("the certificate of a relaxation", () => {
  test("proves its bound from the full curves", () => {
    for (const problem of problems(1)) {
      const simplex = dualSimplex(problem)
      const { minMs, maxMs } = timeRange(problem)
      for (const deadlineMs of [minMs, middle(problem), 0.9 * maxMs, maxMs, 2 * maxMs, Infinity]) {
        const { boundUsd, certificate } = simplex.solve(Math.max(minMs, deadlineMs))!
        const proven = certificateBound(problem, Math.max(minMs, deadlineMs), certificate)
        expect(Math.abs(proven - boundUsd)).toBeLessThanOrEqual(RELATIVE * boundUsd)
        expect(certificateHolds(problem, Math.max(minMs, deadlineMs), certificate, boundUsd)).toBe(true)
      }
    }
  })

  test("proves no higher bound, and not its bound for a later deadline", () => {
    for (const problem of problems(2)) {
      const deadlineMs = middle(problem)
      const { boundUsd, certificate } = dualSimplex(problem).solve(deadlineMs)!
      expect(certificateHolds(problem, deadlineMs, certificate, boundUsd * (1 + 1e-6))).toBe(false)
      expect(certificateHolds(problem, deadlineMs * 1.001, certificate, boundUsd)).toBe(false)
    }
  })

  test("proves it no more when a flow is changed", () => {
    for (const problem of problems(3)) {
      const deadlineMs = middle(problem)
      const { boundUsd, certificate } = dualSimplex(problem).solve(deadlineMs)!
      const holds = (changed: FlowCertificate): boolean => certificateHolds(problem, deadlineMs, changed, boundUsd)
      const busiest = certificate.stepFlow.indexOf(Math.max(...certificate.stepFlow))
      for (const change of [
        (f: number) => 1.01 * f,
        (f: number) => 0.99 * f,
        () => 0,
        () => NaN,
        () => Infinity,
        (f: number) => -f,
      ])
        expect(holds(tampered(certificate, change, busiest))).toBe(false)
      const parent = certificate.dependencyFlow[busiest]!.findIndex((flow) => flow > 0)
      if (parent < 0) continue
      expect(holds(tampered(certificate, (f) => 1.01 * f, busiest, parent))).toBe(false)
      expect(holds(tampered(certificate, (f) => 0.5 * f, busiest, parent))).toBe(false)
    }
  })

  test("is of another problem when a step or a dependency is missing", () => {
    const problem = problems(4)[0]!
    const { boundUsd, certificate } = dualSimplex(problem).solve(middle(problem))!
    const dropped: FlowCertificate[] = [
      { ...certificate, stepFlow: certificate.stepFlow.slice(1) },
      { ...certificate, dependencyFlow: certificate.dependencyFlow.slice(1) },
      { ...certificate, dependencyFlow: certificate.dependencyFlow.map(() => []) },
    ]
    for (const certificate of dropped)
      expect(certificateHolds(problem, middle(problem), certificate, boundUsd)).toBe(false)
    expect(certificateBound(problem, middle(problem), dropped[0]!)).toBe(-Infinity)
  })
})

test("any flow, conserved or not, bounds every selection in time from below", () => {
  const random = seededRandom(5)
  for (const problem of problems(5)) {
    const { boundUsd, certificate } = dualSimplex(problem).solve(middle(problem))!
    const scale = Math.max(...certificate.stepFlow)
    const noise = (flow: number): number => Math.max(0, flow + 0.3 * scale * (random.next() - 0.5))
    const noisy: FlowCertificate = {
      stepFlow: certificate.stepFlow.map(noise),
      dependencyFlow: certificate.dependencyFlow.map((list) => list.map(noise)),
    }
    for (let i = 0; i < 20; i++) {
      const { latencyMs, costUsd } = valueOf(problem, randomSelection(random, problem))
      expect(certificateBound(problem, latencyMs, noisy)).toBeLessThanOrEqual(costUsd * (1 + RELATIVE))
    }
    expect(certificateBound(problem, middle(problem), noisy)).toBeLessThanOrEqual(boundUsd * (1 + RELATIVE))
  }
})

test("the gap of a selection is its reduced costs and its priced slack", () => {
  const random = seededRandom(6)
  for (const problem of problems(6)) {
    const paths = randomPaths(random, problem)
    const certificate = flowOf(problem, paths)
    const selection = randomSelection(random, problem)
    const { latencyMs, costUsd } = valueOf(problem, selection)
    // The identity holds for deadlines that are missed too: slack is negative there.
    for (const deadlineMs of [0.7 * latencyMs, 1.5 * latencyMs]) {
      const slack = paths.reduce(
        (sum, { steps, flow }) => sum + flow * (deadlineMs - timeAlong(problem, selection, steps)),
        0,
      )
      const reduced = problem.curves.reduce((sum, { latencyMs: t, costUsd: c }, i) => {
        const priced = Array.from(t, (time, k) => c[k]! + certificate.stepFlow[i]! * time)
        return sum + priced[selection[i]!]! - Math.min(...priced)
      }, 0)
      const bound = certificateBound(problem, deadlineMs, certificate)
      const magnitude = Math.abs(bound) + costUsd + reduced + Math.abs(slack)
      expect(Math.abs(bound + reduced + slack - costUsd)).toBeLessThanOrEqual(RELATIVE * magnitude)
    }
  }
})

interface PricedPath {
  readonly steps: readonly number[]
  readonly flow: number
}

/** Paths from a step without parents to one without children, each with a flow. */
function randomPaths(random: Random, { graph }: SelectionProblem): PricedPath[] {
  const pick = (from: readonly number[]): number => from[Math.floor(random.next() * from.length)]!
  const sources = graph.parents
    .keys()
    .filter((i) => graph.parents[i]!.length === 0)
    .toArray()
  return Array.from({ length: 5 }, () => {
    const steps = [pick(sources)]
    while (graph.children[steps.at(-1)!]!.length > 0) steps.push(pick(graph.children[steps.at(-1)!]!))
    return { steps, flow: 1e-6 * random.next() }
  })
}

function flowOf({ graph }: SelectionProblem, paths: readonly PricedPath[]): FlowCertificate {
  const stepFlow = new Float64Array(graph.parents.length)
  const dependencyFlow = graph.parents.map((list) => list.map(() => 0))
  for (const { steps, flow } of paths)
    for (const [at, step] of steps.entries()) {
      stepFlow[step]! += flow
      if (at > 0) dependencyFlow[step]![graph.parents[step]!.indexOf(steps[at - 1]!)]! += flow
    }
  return { stepFlow, dependencyFlow }
}

function timeAlong({ curves }: SelectionProblem, selection: Int32Array, steps: readonly number[]): number {
  return steps.reduce((sum, i) => sum + curves[i]!.latencyMs[selection[i]!]!, 0)
}
