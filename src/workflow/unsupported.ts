import { TrimtabError } from "../base/errors.ts"
import type { Workflow } from "./workflow.ts"

/**
 * Refuses, in one line, what is parsed but not run yet.
 * @throws TrimtabError `unsupported`
 */
export function assertRunnable(workflow: Workflow): void {
  for (const step of workflow.steps)
    for (const rule of ["when", "map", "loop"] as const)
      if (step[rule] !== undefined)
        throw new TrimtabError(
          "unsupported",
          `step ${step.name} uses ${rule}, which the engine does not run yet; remove it`,
          {
            where: `steps.${step.name}.${rule}`,
            fix: `remove ${rule} from step ${step.name}`,
          },
        )
}
