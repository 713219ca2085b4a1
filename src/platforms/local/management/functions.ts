import { randomUUID } from "node:crypto"
import { isObject } from "../../../base/json.ts"
import { changed, functionArn, type FunctionEntry, type FunctionVersion } from "../function-table.ts"
import type { NamedFunction } from "../function-name.ts"
import { invalid, notFound, type AwsError } from "../http.ts"
import type { ManagementAnswer, ManagementContext } from "../management-api.ts"
import { readCode, type Code } from "./code.ts"
import { page, showConfiguration } from "./shapes.ts"

type Body = Readonly<Record<string, unknown>>

export async function createFunction({ table }: ManagementContext, body: Body): Promise<ManagementAnswer> {
  const name = body["FunctionName"]
  if (typeof name !== "string" || !/^[a-zA-Z0-9-_]{1,64}$/.test(name))
    return { error: invalid("FunctionName must be 1 to 64 letters, digits, - or _") }
  if (table.get(name) !== undefined) return { error: conflict(`Function already exist: ${name}`) }
  const code = await readCode(body["Code"])
  if (typeof code === "string") return { error: invalid(code) }
  const settings = readSettings(body)
  if (typeof settings === "string") return { error: invalid(settings) }
  const latest: FunctionVersion = { ...DEFAULTS, functionName: name, ...code, ...settings, ...stamp() }
  const tags = strings(body["Tags"]) ?? {}
  table.put({ name, latest, versions: [], published: 0, aliases: {}, tags })
  return { status: 201, body: showConfiguration(latest) }
}

/** What CreateFunction gives when the request does not say. */
const DEFAULTS = {
  version: "$LATEST",
  memoryMB: 128,
  timeoutMs: 3000,
  environment: {},
  handler: "index.handler",
  runtime: "provided.al2023",
  role: "",
  description: "",
} as const

export async function updateCode(
  context: ManagementContext,
  entry: FunctionEntry,
  body: Body,
): Promise<ManagementAnswer> {
  const stale = staleRevision(entry, body)
  if (stale !== null) return { error: stale }
  const code = await readCode(body)
  if (typeof code === "string") return { error: invalid(code) }
  return replaceLatest(context, entry, code)
}

export function updateConfiguration(context: ManagementContext, entry: FunctionEntry, body: Body): ManagementAnswer {
  const stale = staleRevision(entry, body)
  if (stale !== null) return { error: stale }
  const settings = readSettings(body)
  if (typeof settings === "string") return { error: invalid(settings) }
  return replaceLatest(context, entry, settings)
}

function replaceLatest(
  { table, retire }: ManagementContext,
  entry: FunctionEntry,
  changes: Code | Settings,
): ManagementAnswer {
  const latest = changed(entry.latest, changes)
  table.put({ ...entry, latest })
  retire(entry.name, "$LATEST")
  return { status: 200, body: showConfiguration(latest) }
}

export function getFunction({ table }: ManagementContext, target: NamedFunction): ManagementAnswer {
  const version = table.resolve(target.name, target.qualifier)
  if (version === undefined) return { error: notFound(functionArn(target.name, target.qualifier)) }
  return {
    status: 200,
    body: {
      Configuration: showConfiguration(version, target.qualifier),
      Code: { RepositoryType: "S3", Location: `file://${version.directory}` },
      Tags: table.get(target.name)?.tags,
    },
  }
}

export function listFunctions({ table }: ManagementContext, query: URLSearchParams): ManagementAnswer {
  const all = query.get("FunctionVersion") === "ALL"
  const versions = table.list().flatMap((entry) => (all ? [entry.latest, ...entry.versions] : [entry.latest]))
  const { items, ...marker } = page(versions, query)
  return { status: 200, body: { Functions: items.map((version) => showConfiguration(version)), ...marker } }
}

/** A whole function, or with a qualifier one version that no alias points to. */
export async function deleteFunction(
  { table, end, retire }: ManagementContext,
  target: NamedFunction,
): Promise<ManagementAnswer> {
  const entry = table.get(target.name)
  if (entry === undefined) return { error: notFound(functionArn(target.name)) }
  if (target.qualifier === undefined) {
    table.delete(target.name)
    await end(target.name)
    return { status: 204 }
  }
  if (!entry.versions.some(({ version }) => version === target.qualifier))
    return { error: notFound(functionArn(target.name, target.qualifier)) }
  if (Object.values(entry.aliases).includes(target.qualifier))
    return { error: conflict(`Version ${target.qualifier} is referenced by an alias`) }
  table.put({ ...entry, versions: entry.versions.filter(({ version }) => version !== target.qualifier) })
  retire(target.name, target.qualifier)
  return { status: 204 }
}

type Settings = Partial<
  Pick<FunctionVersion, "memoryMB" | "timeoutMs" | "environment" | "handler" | "runtime" | "role" | "description">
>

/** Lambda's largest memory and timeout. */
const MAX_MEMORY_MB = 10_240
const MAX_TIMEOUT_S = 900

function readSettings(body: Body): Settings | string {
  const memory = body["MemorySize"]
  const timeout = body["Timeout"]
  if (memory !== undefined && !isInteger(memory, 128, MAX_MEMORY_MB))
    return `MemorySize must be an integer from 128 to ${MAX_MEMORY_MB}`
  if (timeout !== undefined && !isInteger(timeout, 1, MAX_TIMEOUT_S))
    return `Timeout must be an integer from 1 to ${MAX_TIMEOUT_S}`
  const variables = isObject(body["Environment"]) ? strings(body["Environment"]["Variables"]) : undefined
  return {
    ...(memory !== undefined && { memoryMB: memory }),
    ...(timeout !== undefined && { timeoutMs: timeout * 1000 }),
    ...(variables !== undefined && { environment: variables }),
    ...text("handler", body["Handler"]),
    ...text("runtime", body["Runtime"]),
    ...text("role", body["Role"]),
    ...text("description", body["Description"]),
  }
}

function text(key: "handler" | "runtime" | "role" | "description", value: unknown): Partial<Settings> {
  return typeof value === "string" ? { [key]: value } : {}
}

function isInteger(value: unknown, min: number, max: number): value is number {
  return Number.isInteger(value) && typeof value === "number" && value >= min && value <= max
}

function strings(value: unknown): Record<string, string> | undefined {
  if (!isObject(value)) return undefined
  return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, String(text)]))
}

function stamp(): { readonly revisionId: string; readonly lastModified: string } {
  return { revisionId: randomUUID(), lastModified: new Date().toISOString() }
}

/** A request may say which revision it means to change. */
export function staleRevision(entry: FunctionEntry, body: Body): AwsError | null {
  const revision = body["RevisionId"]
  if (typeof revision !== "string" || revision === entry.latest.revisionId) return null
  const message =
    "The RevisionId provided does not match the latest RevisionId. Call the GetFunction API to retrieve it."
  return { status: 412, type: "PreconditionFailedException", message }
}

export function conflict(message: string): AwsError {
  return { status: 409, type: "ResourceConflictException", message }
}
