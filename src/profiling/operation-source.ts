import { TrimtabError } from "../base/errors.ts"
import type { OperationModel } from "../estimation/operation/operation-model.ts"
import type { OperationRun, OperationSource } from "../estimation/transferred-function.ts"
import { newestOf, type OperationStore } from "./operation-store.ts"

export interface SourceRequest {
  readonly functions: readonly string[]
  readonly store: OperationStore
  readonly model: OperationModel
  /** Hashes of the present code by function, where it is known: runs of other code tell nothing of it. */
  readonly codes?: ReadonlyMap<string, string>
}

/**
 * What the local runs of functions tell an estimator: of each the newest by the source that the model was made from.
 * @throws TrimtabError `unsupported` for a function that was profiled by another source alone: sources are never mixed
 */
export async function operationSourceOf({ functions, store, model, codes }: SourceRequest): Promise<OperationSource> {
  const profiles = new Map<string, OperationRun>()
  for (const name of functions) {
    const code = codes?.get(name)
    const records = (await store.read(name)).filter(({ codeSha256 }) => code === undefined || codeSha256 === code)
    const newest = newestOf(records, model)
    if (newest !== null) profiles.set(name, { profile: newest.profile, tasks: newest.tasks })
    else if (records.length > 0) throw otherSource(name, records.at(-1)!.profile.source, model)
  }
  return { model, profiles }
}

function otherSource(name: string, found: string, { source }: OperationModel): TrimtabError {
  return new TrimtabError(
    "unsupported",
    `the operations of ${name} were counted by the ${found} source, but the model of the platform was made from ${source} ones, and sources are never mixed; run \`trimtab profile --operations --source ${source}\``,
    { where: name, fix: `run trimtab profile --operations --source ${source}` },
  )
}
