import { TrimtabError } from "../base/errors.ts"
import type { Workflow } from "../workflow/workflow.ts"

/**
 * Refuses, in one line, what hangs on outputs that a simulation from profiles does not have.
 * @throws TrimtabError `unsupported`
 */
export function assertSimulable(workflow: Workflow): void {
  for (const step of workflow.steps)
    for (const rule of ["when", "map", "loop"] as const)
      if (step[rule] !== undefined)
        throw new TrimtabError(
          "unsupported",
          `step ${step.name} uses ${rule}, which hangs on outputs: a simulation from profiles has none`,
          { where: `steps.${step.name}.${rule}`, fix: "simulate through the library, with functions that answer" },
        )
}
