import type { Json } from "../../base/json.ts"
import { ENVELOPE_VERSION, INLINE_LIMIT_BYTES, type PartOutput } from "../../protocol/envelope.ts"
import type { WrapperReport } from "../../protocol/wrapper-report.ts"
import type { Store } from "../../stores/store.ts"
import type { Handled } from "./function-behaviour.ts"

/** What of an output a repetition needs to answer the same. */
export type KeptOutput = Pick<Handled, "results" | "errors">

/** The wrapper's answer to a part; large results go through the store, which then is waited for. */
export function partAnswer(
  output: KeptOutput,
  report: WrapperReport,
  large: { readonly store: Store | undefined; readonly key: string },
): PartOutput | Promise<PartOutput> {
  const { results, errors } = output
  if (large.store === undefined || isSmall(results))
    return { $trimtab: { v: ENVELOPE_VERSION, kind: "part", results, errors, report } }
  const bytes = new TextEncoder().encode(JSON.stringify(results))
  if (bytes.length <= INLINE_LIMIT_BYTES)
    return { $trimtab: { v: ENVELOPE_VERSION, kind: "part", results, errors, report } }
  return large.store.put(`${large.key}.results.json`, bytes).then(({ key, sizeBytes, sha256 }) => {
    const resultsRef = { $ref: key, bytes: sizeBytes, sha256 }
    return { $trimtab: { v: ENVELOPE_VERSION, kind: "part", resultsRef, errors, report } }
  })
}

/** So many numbers are far below the limit of an answer: no need to write them out to see. */
const MANY_NUMBERS = INLINE_LIMIT_BYTES / 32

function isSmall(results: readonly Json[]): boolean {
  if (results.length > MANY_NUMBERS) return false
  for (const result of results)
    if (typeof result === "string" || (typeof result === "object" && result !== null)) return false
  return true
}
