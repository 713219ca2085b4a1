import type { PresetName } from "../../src/index.ts"
import type { ExperimentContext, Findings } from "../experiment.ts"

/**
 * The findings of one figure on the paper's cluster and, beside them, on Lambda, one after the other: the summary keys of
 * the second are prefixed, `sloKept` becomes `lambdaSloKept`.
 */
export function onBothPlatforms(
  findingsOn: (platform: PresetName, context: ExperimentContext) => Promise<Findings>,
): (context: ExperimentContext) => Promise<Findings> {
  return async (context) => {
    const knative = await findingsOn("knative", context)
    const lambda = await findingsOn("lambda", context)
    return {
      figures: { ...knative.figures, ...lambda.figures },
      claims: [...knative.claims, ...lambda.claims],
      summary: { ...knative.summary, ...prefixed("lambda", lambda.summary) },
      rows: [...knative.rows, ...lambda.rows],
    }
  }
}

function prefixed(prefix: string, summary: Findings["summary"]): Findings["summary"] {
  return Object.fromEntries(
    Object.entries(summary).map(([key, value]) => [`${prefix}${key[0]!.toUpperCase()}${key.slice(1)}`, value]),
  )
}
