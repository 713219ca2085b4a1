import { isObject, type Json } from "../../base/json.ts"
import { ENVELOPE_VERSION } from "../../protocol/envelope.ts"
import { parseEnvelope, type PartRequest, type Request } from "../../protocol/parse-envelope.ts"
import type { Store } from "../../stores/store.ts"

/**
 * What an invocation asks for. Envelopes of the engine in this process are taken as they are: it sends some hundred
 * thousand a second, and nothing has been on a wire.
 */
export function requestOf(payload: unknown): Request {
  if (isObject(payload)) {
    const fields = payload["$trimtab"]
    if (isObject(fields) && fields["v"] === ENVELOPE_VERSION && Array.isArray(fields["tasks"]))
      return { kind: "part", part: fields as unknown as PartRequest } // see above
  }
  return parseEnvelope(payload)
}

/** The tasks of a part, from the envelope or the store. */
export async function storedTasks(part: PartRequest, store: Store | undefined): Promise<readonly Json[]> {
  if (part.tasksRef === undefined) return []
  if (store === undefined) throw new Error("tasks lie in a store that this simulated platform was not given")
  // Written by the engine as a JSON list.
  return JSON.parse(new TextDecoder().decode(await store.get(part.tasksRef.$ref))) as Json[]
}
