import { createHash, createHmac, timingSafeEqual } from "node:crypto"
import { messageOf } from "../../base/errors.ts"
import { canonicalJson, isObject } from "../../base/json.ts"
import type { StepConfig } from "../../workflow/config.ts"
import { isPipelineName } from "./object-names.ts"

/** One whole published version: the configurations that functions look up for the functions they call. */
export interface ConfigDocument {
  readonly schemaVersion: 1
  readonly pipeline: string
  /** 1, 2, 3, ...: every version follows the one before it. */
  readonly version: number
  /** Wall time, whole ms. */
  readonly publishedAtMs: number
  /** By step. */
  readonly configs: Configs
  /** A change on trial: so many of a hundred runs take these configurations instead. */
  readonly canary?: Canary
  /** Why, for people. */
  readonly reason: string
  /** The version whose configurations these are again, where this one takes a change back. */
  readonly restores?: number
}

export type Configs = Readonly<Record<string, StepConfig>>

export interface Canary {
  /** Of the runs, a whole number from 1 to 99. */
  readonly sharePercent: number
  /** Only steps that differ; each is in `configs` too. */
  readonly configs: Configs
}

/** A document that holds, or why it must not be used. */
export type ParsedDocument =
  | { readonly ok: true; readonly document: ConfigDocument }
  | { readonly ok: false; readonly reason: string }

/** What a text must be to be taken. */
export interface Expected {
  readonly pipeline: string
  /** The version that its name claims; any where absent. */
  readonly version?: number
  /** With a secret checksums are HMACs, which nobody can make who does not know it. */
  readonly secret?: string
}

/** Larger texts are refused unread: thousands of steps take less. */
export const MOST_BYTES = 1_000_000

/** The largest values that make sense anywhere; what lies above is damage or malice. */
const MOST = { memoryMB: 1_000_000, instances: 100_000, processes: 10_000 } as const

/** The text of a document: canonical JSON with the SHA-256 (or HMAC) of that text without it as `sha256`. */
export function sealed(document: ConfigDocument, secret?: string): string {
  return canonicalJson({ ...document, sha256: checksumOf(document, secret) })
}

/**
 * Reads a text as a document: checksum first, then every field. Never throws; all numbers are whole, so that the
 * canonical text is the same in every language.
 */
export function parseDocument(text: string, expected: Expected): ParsedDocument {
  if (text.length > MOST_BYTES) return refused(`it has more than ${MOST_BYTES} characters`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return refused(`it is not JSON (${messageOf(error)})`)
  }
  if (!isObject(value)) return refused("it is no JSON object")
  const { sha256, ...document } = value
  if (typeof sha256 !== "string" || !sameText(sha256, checksumOf(document, expected.secret)))
    return refused("its checksum does not match its content")
  const problem = problemOf(document, expected)
  // Every field has just been checked.
  return problem === null
    ? { ok: true, document: document as unknown as ConfigDocument }
    : { ok: false, reason: problem }
}

function refused(reason: string): ParsedDocument {
  return { ok: false, reason }
}

function checksumOf(document: object, secret: string | undefined): string {
  const hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret)
  return hash.update(canonicalJson(document)).digest("hex")
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

function problemOf(value: Readonly<Record<string, unknown>>, expected: Expected): string | null {
  const { schemaVersion, pipeline, version, publishedAtMs, reason, restores } = value
  if (schemaVersion !== 1) return `it is of schema version ${String(schemaVersion)}; this reads 1`
  if (!isPipelineName(pipeline) || pipeline !== expected.pipeline) return "it is of another pipeline"
  if (!isCount(version, Number.MAX_SAFE_INTEGER)) return "its version is no whole number from 1 on"
  if (expected.version !== undefined && version !== expected.version) return `it says that it is version ${version}`
  if (!isCount(publishedAtMs, Number.MAX_SAFE_INTEGER)) return "publishedAtMs is no whole number"
  if (typeof reason !== "string") return "its reason is no text"
  if (restores !== undefined && !isCount(restores, version)) return "it restores no earlier version"
  return configsProblem(value["configs"], "configs") ?? canaryProblem(value["canary"], value["configs"])
}

function canaryProblem(canary: unknown, configs: unknown): string | null {
  if (canary === undefined) return null
  if (!isObject(canary) || !isCount(canary["sharePercent"], 99)) return "canary.sharePercent is not 1 to 99"
  const problem = configsProblem(canary["configs"], "canary.configs")
  if (problem !== null) return problem
  const unknown = Object.keys(canary["configs"] as Configs).find((name) => !Object.hasOwn(configs as Configs, name))
  return unknown === undefined ? null : `canary.configs.${unknown} is no step of configs`
}

function configsProblem(configs: unknown, where: string): string | null {
  if (!isObject(configs)) return `${where} is no object`
  for (const [name, config] of Object.entries(configs)) {
    if (name === "" || name === "__proto__") return `${where} has a step of no usable name`
    if (!isObject(config)) return `${where}.${name} is no object`
    for (const field of ["memoryMB", "instances", "processes"] as const)
      if (!isCount(config[field], MOST[field])) return `${where}.${name}.${field} is not 1 to ${MOST[field]}`
  }
  return null
}

function isCount(value: unknown, most: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= most
}
