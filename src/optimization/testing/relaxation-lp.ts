import * as module from "highs"
import type { SelectionProblem } from "../selection-problem.ts"

// The package declares its CommonJS form; what an ES import gives is the loader itself as the default.
const loadHighs = module.default as unknown as typeof module.default.default

/** Least cost of the linear relaxation of a problem, USD; null when the deadline cannot be kept. */
export type RelaxationLp = (problem: SelectionProblem, deadlineMs: number) => number | null

/**
 * The relaxation as HiGHS sees it: each step mixes the entries of its curve with weights that sum to 1 (so it finds
 * the hulls by itself), ends are variables, and no end is after the deadline. Times are scaled by the deadline and
 * costs by the sum of the cheapest: its tolerances are absolute.
 */
export async function loadRelaxationLp(): Promise<RelaxationLp> {
  const highs = await loadHighs()
  return ({ graph, curves }, deadlineMs) => {
    const scale = curves.reduce((sum, { costUsd }) => sum + costUsd.at(-1)!, 0)
    const weights = curves.map(({ latencyMs }, i) => Array.from(latencyMs, (_, k) => `w${i}_${k}`))
    const mix = (i: number, sign: string, values: Float64Array, unit: number): string =>
      weights[i]!.map((weight, k) => `${sign} ${values[k]! / unit} ${weight}`).join("\n ")
    const rows = graph.parents.flatMap((parents, i) => {
      const time = mix(i, "-", curves[i]!.latencyMs, deadlineMs)
      const after = parents.length === 0 ? [""] : parents.map((parent) => `- e${parent}`)
      return [
        ` one${i}: ${weights[i]!.map((weight) => `+ ${weight}`).join("\n ")} = 1`,
        ...after.map((start, j) => ` row${i}_${j}: e${i} ${start}\n ${time} >= 0`),
      ]
    })
    const model = [
      "Minimize",
      ` obj: ${curves.map(({ costUsd }, i) => mix(i, "+", costUsd, scale)).join("\n ")}`,
      "Subject To",
      ...rows,
      "Bounds",
      ...curves.map((_, i) => ` 0 <= e${i} <= 1`),
      "End",
    ].join("\n")
    const solution = highs.solve(model, { primal_feasibility_tolerance: 1e-10, dual_feasibility_tolerance: 1e-10 })
    return solution.Status === "Optimal" ? solution.ObjectiveValue * scale : null
  }
}
