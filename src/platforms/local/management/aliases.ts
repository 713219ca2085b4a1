import { functionArn, type FunctionEntry } from "../function-table.ts"
import { invalid, notFound } from "../http.ts"
import type { ManagementAnswer, ManagementContext } from "../management-api.ts"
import { conflict } from "./functions.ts"
import { aliasBody, page } from "./shapes.ts"

type Body = Readonly<Record<string, unknown>>

export function createAlias({ table }: ManagementContext, entry: FunctionEntry, body: Body): ManagementAnswer {
  const name = body["Name"]
  if (typeof name !== "string" || !/^(?!\d+$)[a-zA-Z0-9-_]{1,128}$/.test(name))
    return { error: invalid("an alias has letters, digits, - and _, and not digits alone") }
  if (Object.hasOwn(entry.aliases, name))
    return { error: conflict(`Alias already exists: ${functionArn(entry.name, name)}`) }
  return pointAlias(table, entry, { alias: name, version: body["FunctionVersion"], status: 201 })
}

export function updateAlias(
  { table }: ManagementContext,
  entry: FunctionEntry,
  change: { readonly alias: string; readonly body: Body },
): ManagementAnswer {
  if (!Object.hasOwn(entry.aliases, change.alias)) return { error: notFound(functionArn(entry.name, change.alias)) }
  const version = change.body["FunctionVersion"] ?? entry.aliases[change.alias]
  return pointAlias(table, entry, { alias: change.alias, version, status: 200 })
}

function pointAlias(
  table: ManagementContext["table"],
  entry: FunctionEntry,
  target: { readonly alias: string; readonly version: unknown; readonly status: number },
): ManagementAnswer {
  const { alias, version, status } = target
  const exists = version === "$LATEST" || entry.versions.some((candidate) => candidate.version === version)
  if (typeof version !== "string" || !exists) return { error: notFound(functionArn(entry.name, String(version))) }
  const moved = { ...entry, aliases: { ...entry.aliases, [alias]: version } }
  table.put(moved)
  return { status, body: aliasBody(moved, alias) }
}

export function showAlias(entry: FunctionEntry, alias: string): ManagementAnswer {
  if (!Object.hasOwn(entry.aliases, alias)) return { error: notFound(functionArn(entry.name, alias)) }
  return { status: 200, body: aliasBody(entry, alias) }
}

export function listAliases(entry: FunctionEntry, query: URLSearchParams): ManagementAnswer {
  const names = Object.keys(entry.aliases).sort()
  const version = query.get("FunctionVersion")
  const wanted = version === null ? names : names.filter((name) => entry.aliases[name] === version)
  const { items, ...marker } = page(wanted, query)
  return { status: 200, body: { Aliases: items.map((name) => aliasBody(entry, name)), ...marker } }
}

export function deleteAlias({ table }: ManagementContext, entry: FunctionEntry, alias: string): ManagementAnswer {
  if (!Object.hasOwn(entry.aliases, alias)) return { error: notFound(functionArn(entry.name, alias)) }
  const { [alias]: _, ...aliases } = entry.aliases
  table.put({ ...entry, aliases })
  return { status: 204 }
}
