// npm run bench -- reproduction
// What both papers claim, each key beside the paper's value; the experiments themselves are in experiments/.
import { EXPERIMENTS } from "../experiments/experiments.ts"
import type { Bench } from "./bench.ts"

export const bench: Bench = async ({ only }) => {
  const chosen = EXPERIMENTS.filter(({ name }) => only === undefined || name === only)
  if (chosen.length === 0)
    throw new Error(`no section ${only ?? ""}; there are: ${EXPERIMENTS.map(({ name }) => name).join(", ")}`)
  const summary: Record<string, unknown> = {}
  const rows: unknown[] = []
  for (const { name, of, run } of chosen) {
    process.stderr.write(`${of} ...\n`)
    const findings = await run({ size: "whole", progress: () => {} })
    Object.assign(summary, findings.summary)
    rows.push(...findings.claims.map((claim) => ({ table: "claim", experiment: name, ...claim })), ...findings.rows)
  }
  return { summary, reasons: {}, rows }
}
