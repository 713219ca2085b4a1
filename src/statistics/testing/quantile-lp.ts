import * as module from "highs"
import type { RegressionData } from "../quantile-regression.ts"

// The package declares its CommonJS form; what an ES import gives is the loader itself as the default.
const loadHighs = module.default as unknown as typeof module.default.default

/** Least pinball loss of a quantile regression at level tau. */
export type QuantileLp = (data: RegressionData, tau: number) => number

/**
 * Quantile regression as a linear program by HiGHS, in dual form: maximise Y'd with X'd = 0 and d in [tau - 1, tau].
 * Its optimum is the least loss; one row for each column.
 */
export async function loadQuantileLp(): Promise<QuantileLp> {
  const highs = await loadHighs()
  return (data, tau) => {
    const columns = data.rows[0]!.map((_, j) => data.rows.map((row) => row[j]!))
    const model = [
      "Maximize",
      ` obj: ${linear(data.targets)}`,
      "Subject To",
      ...columns.map((column, j) => ` c${j}: ${linear(column)} = 0`),
      "Bounds",
      ...data.rows.map((_, i) => ` ${tau - 1} <= d${i} <= ${tau}`),
      "End",
    ].join("\n")
    const solution = highs.solve(model, { primal_feasibility_tolerance: 1e-10, dual_feasibility_tolerance: 1e-10 })
    if (solution.Status !== "Optimal") throw new Error(`the program is ${solution.Status}`)
    return solution.ObjectiveValue
  }
}

/** A term a line: the format limits the length of lines. */
function linear(coefficients: readonly number[]): string {
  const terms = coefficients.flatMap((value, i) =>
    value === 0 ? [] : [`${value < 0 ? "-" : "+"} ${Math.abs(value)} d${i}`],
  )
  return terms.length > 0 ? terms.join("\n ") : "0 d0"
}
