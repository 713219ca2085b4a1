import { createHash } from "node:crypto"
import type { Clock } from "../../base/clock.ts"
import { TrimtabError } from "../../base/errors.ts"
import { canonicalJson, isObject, type Json } from "../../base/json.ts"
import { isFileRef, type FileRef } from "../../protocol/envelope.ts"
import type { Store } from "../../stores/store.ts"
import type { Goal } from "../../workflow/goal.ts"
import type { RunResult } from "../../workflow/run-result.ts"
import type { Workflow } from "../../workflow/workflow.ts"
import { storedWorkflow } from "../new-run.ts"
import { ENGINE_FORMAT } from "../records.ts"
import { isLarge, spill } from "../spill.ts"

/** The handler that executes a run. */
export const RUN_HANDLER = "run"

/** What a run is begun with: the server keeps it, so that a run ends on the workflow it began with. */
export interface RunRequest {
  readonly schemaVersion: 1
  readonly engineFormat: number
  readonly runId: string
  readonly workflow: Workflow
  readonly goal: Goal
  /** The input itself, or where the store has it. */
  readonly input: { readonly value: Json } | { readonly ref: FileRef }
  /** Name of the policy; null for the worker's own choice. */
  readonly policy: string | null
  /** Of everything above but the id: two requests under one key must agree in it. */
  readonly workHash: string
}

/** What a run ends with. */
export interface RunAnswer {
  readonly schemaVersion: 1
  readonly workHash: string
  readonly result: { readonly value: RunResult } | { readonly ref: FileRef }
}

/** The request of a run. Pure: equal work has equal hashes. */
export function runRequest(work: Pick<RunRequest, "runId" | "workflow" | "goal" | "input" | "policy">): RunRequest {
  const { runId, workflow, goal, input, policy } = work
  const hashed = { workflow: storedWorkflow(workflow).hash, goal, input, policy }
  const workHash = createHash("sha256").update(canonicalJson(hashed)).digest("hex")
  return { schemaVersion: 1, engineFormat: ENGINE_FORMAT, runId, workflow, goal, input, policy, workHash }
}

/** An input as a request carries it: itself, or where it was put into the store when it is large. */
export async function carriedInput(
  runId: string,
  input: Json,
  options: { readonly store: Store; readonly clock: Clock },
): Promise<RunRequest["input"]> {
  const text = JSON.stringify(input)
  return isLarge(text) ? { ref: await spill(`runs/${runId}/input`, text, options) } : { value: input }
}

/**
 * A request as the server hands it over.
 * @throws TrimtabError `unsupported` for one of a newer engine, `usage` for one that is none
 */
export function parseRunRequest(value: unknown): RunRequest {
  if (
    !isObject(value) ||
    typeof value["runId"] !== "string" ||
    !isObject(value["workflow"]) ||
    !isObject(value["goal"])
  )
    throw new TrimtabError("usage", "this is no request of a run; start runs with `trimtab run --engine restate`")
  const format = value["engineFormat"]
  if (typeof format !== "number" || format > ENGINE_FORMAT)
    throw new TrimtabError("unsupported", `the run was begun by a newer Trimtab (format ${String(format)})`, {
      fix: "serve it with that version",
    })
  const { input } = value
  if (!isObject(input) || !("value" in input || isFileRef(input["ref"])))
    throw new TrimtabError("usage", "the request of the run has no input")
  return value as unknown as RunRequest // made by `runRequest`; what is read of it first was checked above
}

/** Name of the service of a workflow: workers of other workflows on the same server have other names. */
export function serviceOf(workflow: string): string {
  return `trimtab-${workflow.replaceAll(/[^A-Za-z0-9._-]/g, "-")}`
}

/** The run that a client's key stands for: the same key of the same workflow is the same run. 32 hex digits. */
export function runIdOfKey(service: string, requestKey: string): string {
  return createHash("sha256").update(`${service}\n${requestKey}`).digest("hex").slice(0, 32)
}
