import { randomUUID } from "node:crypto"
import { canonicalJson } from "../../../base/json.ts"
import type { FunctionEntry, FunctionVersion } from "../function-table.ts"
import { invalid } from "../http.ts"
import type { ManagementAnswer, ManagementContext } from "../management-api.ts"
import { staleRevision } from "./functions.ts"
import { page, showConfiguration } from "./shapes.ts"

/** Freezes $LATEST under the next number; nothing new when nothing changed since the last one. */
export function publishVersion(
  { table }: ManagementContext,
  entry: FunctionEntry,
  body: Readonly<Record<string, unknown>>,
): ManagementAnswer {
  const stale = staleRevision(entry, body)
  if (stale !== null) return { error: stale }
  const sha256 = body["CodeSha256"]
  if (typeof sha256 === "string" && sha256 !== "" && sha256 !== entry.latest.codeSha256)
    return { error: invalid(`CodeSHA256 (${sha256}) is different from current CodeSHA256 in $LATEST`) }
  const last = entry.versions.at(-1)
  const description = typeof body["Description"] === "string" ? body["Description"] : entry.latest.description
  if (last !== undefined && substance(last) === substance({ ...entry.latest, description }))
    return { status: 201, body: showConfiguration(last) }
  const published: FunctionVersion = {
    ...entry.latest,
    description,
    version: String(entry.published + 1),
    revisionId: randomUUID(),
  }
  table.put({ ...entry, versions: [...entry.versions, published], published: entry.published + 1 })
  return { status: 201, body: showConfiguration(published) }
}

export function listVersions(entry: FunctionEntry, query: URLSearchParams): ManagementAnswer {
  const { items, ...marker } = page([entry.latest, ...entry.versions], query)
  return { status: 200, body: { Versions: items.map((version) => showConfiguration(version)), ...marker } }
}

function substance(version: FunctionVersion): string {
  const { version: _, revisionId: __, lastModified: ___, ...rest } = version
  return canonicalJson(rest)
}
