import { createAlias, deleteAlias, listAliases, showAlias, updateAlias } from "./management/aliases.ts"
import {
  createFunction,
  deleteFunction,
  getFunction,
  listFunctions,
  updateCode,
  updateConfiguration,
} from "./management/functions.ts"
import { listVersions, publishVersion } from "./management/versions.ts"
import { showConfiguration } from "./management/shapes.ts"
import type { FunctionTable } from "./function-table.ts"
import { parseFunctionName } from "./function-name.ts"
import { invalid, notFound, type AwsError } from "./http.ts"
import { functionArn } from "./function-table.ts"

/** A management request, read. */
export interface ManagementRequest {
  readonly method: string
  /** Path segments behind the API version, decoded. */
  readonly path: readonly string[]
  readonly query: URLSearchParams
  /** The JSON body; an empty object without one. */
  readonly body: Readonly<Record<string, unknown>>
}

export type ManagementAnswer = { readonly status: number; readonly body?: unknown } | { readonly error: AwsError }

export interface ManagementContext {
  readonly table: FunctionTable
  readonly concurrency: number
  /** Gives no new event to the instances of one version of a function. */
  readonly retire: (functionName: string, version: string) => void
  /** Ends the instances of a function, at work or not. */
  readonly end: (functionName: string) => Promise<void>
}

/** `GET /2016-08-19/account-settings`. */
export function accountSettings({ table, concurrency }: ManagementContext): ManagementAnswer {
  const functions = table.list()
  const codeBytes = functions.reduce((sum, entry) => sum + entry.latest.codeBytes, 0)
  return {
    status: 200,
    body: {
      AccountLimit: {
        TotalCodeSize: 80_530_636_800,
        CodeSizeUnzipped: 262_144_000,
        CodeSizeZipped: 52_428_800,
        ConcurrentExecutions: concurrency,
        UnreservedConcurrentExecutions: concurrency,
      },
      AccountUsage: { TotalCodeSize: codeBytes, FunctionCount: functions.length },
    },
  }
}

/** Everything below `/2015-03-31/functions` but the invocations; null for a route there is not. */
export async function manageFunctions(
  context: ManagementContext,
  request: ManagementRequest,
): Promise<ManagementAnswer | null> {
  const [segment, part, alias, ...rest] = request.path
  if (segment === undefined || segment === "") {
    if (request.method === "GET") return listFunctions(context, request.query)
    return request.method === "POST" ? createFunction(context, request.body) : null
  }
  if (rest.length > 0) return null
  const target = parseFunctionName(segment, request.query.get("Qualifier"))
  if (typeof target === "string") return { error: invalid(target) }
  const entry = context.table.get(target.name)
  if (entry === undefined) return { error: notFound(functionArn(target.name, target.qualifier)) }
  const route = `${request.method} ${part ?? ""}${alias === undefined ? "" : "/*"}`
  switch (route) {
    case "GET ":
      return getFunction(context, target)
    case "DELETE ":
      return await deleteFunction(context, target)
    case "GET configuration": {
      const version = context.table.resolve(target.name, target.qualifier)
      return version === undefined
        ? { error: notFound(functionArn(target.name, target.qualifier)) }
        : { status: 200, body: showConfiguration(version, target.qualifier) }
    }
    case "PUT configuration":
      return updateConfiguration(context, entry, request.body)
    case "PUT code":
      return await updateCode(context, entry, request.body)
    case "POST versions":
      return publishVersion(context, entry, request.body)
    case "GET versions":
      return listVersions(entry, request.query)
    case "POST aliases":
      return createAlias(context, entry, request.body)
    case "GET aliases":
      return listAliases(entry, request.query)
    case "GET aliases/*":
      return showAlias(entry, alias ?? "")
    case "PUT aliases/*":
      return updateAlias(context, entry, { alias: alias ?? "", body: request.body })
    case "DELETE aliases/*":
      return deleteAlias(context, entry, alias ?? "")
    default:
      return null
  }
}
