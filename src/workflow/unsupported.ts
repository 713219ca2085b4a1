import { TrimtabError } from "../base/errors.ts"
import type { Workflow } from "./workflow.ts"

/**
 * Refuses, in one line, what a campaign cannot measure: steps that only a run decides about.
 * @throws TrimtabError `unsupported`
 */
export function assertProfilable(workflow: Workflow): void {
  for (const step of workflow.steps)
    for (const rule of ["when", "map", "loop"] as const)
      if (step[rule] !== undefined)
        throw new TrimtabError("unsupported", `step ${step.name} uses ${rule}, which profiling does not follow yet`, {
          where: `steps.${step.name}.${rule}`,
          fix: `profile a workflow without ${rule}, or import measurements with trimtab profile import`,
        })
}
