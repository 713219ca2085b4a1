import { canonicalJson, isObject, type Json } from "../base/json.ts"
import { TrimtabError } from "../base/errors.ts"
import { createHash } from "node:crypto"
import type { FunctionPackage } from "../platforms/platform.ts"
import type { Store } from "../stores/store.ts"
import type { Step, Workflow } from "../workflow/workflow.ts"

/** The tasks of a step and its output, kept in the store so that a campaign that was cut off need not run it again. */
export interface StepData {
  readonly tasks: readonly Json[]
  readonly output: Json
}

/** Keys of step data: a hash of the run's input and of the code of the step and all before it. */
export function dataKeys(
  workflow: Workflow,
  packages: ReadonlyMap<string, FunctionPackage>,
  input: Json,
): ReadonlyMap<string, string> {
  const keys = new Map<string, string>()
  for (const step of workflow.steps) {
    const { split, merge, after, map, loop } = step
    const code = packages.get(step.function)?.codeSha256 ?? ""
    const parents = after.map((parent) => [parent, keys.get(parent) ?? ""])
    const shape = map === undefined && loop === undefined ? [] : [{ map, loop }]
    const text = canonicalJson([code, split, merge, parents, after.length === 0 ? input : null, ...shape])
    keys.set(step.name, `campaigns/${createHash("sha256").update(text).digest("hex").slice(0, 32)}.json`)
  }
  return keys
}

/** What an earlier campaign kept under the key; null when there is nothing that can be read. */
export async function readStepData(store: Store, key: string, signal: AbortSignal): Promise<StepData | null> {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(await store.get(key, undefined, signal)))
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof SyntaxError || (error instanceof TrimtabError && error.code === "store-missing")) return null
    throw error
  }
  if (!isObject(value) || !Array.isArray(value["tasks"]) || value["output"] === undefined) return null
  // It was written by writeStepData: parsed JSON is Json.
  return { tasks: value["tasks"] as readonly Json[], output: value["output"] as Json }
}

export async function writeStepData(store: Store, key: string, data: StepData, signal: AbortSignal): Promise<void> {
  await store.put(key, new TextEncoder().encode(JSON.stringify(data)), signal)
}

/** The step's own words for errors. */
export function describeStep(step: Step): string {
  return step.name === step.function ? `step ${step.name}` : `step ${step.name} (function ${step.function})`
}
