import { randomUUID } from "node:crypto"
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { isObject } from "../../base/json.ts"

/** One version of a function: immutable once published. */
export interface FunctionVersion {
  readonly functionName: string
  /** `$LATEST` or a number. */
  readonly version: string
  readonly memoryMB: number
  readonly timeoutMs: number
  readonly environment: Readonly<Record<string, string>>
  /** Folder with the code: an executable `bootstrap`, or `index.mjs`. */
  readonly directory: string
  readonly codeSha256: string
  readonly codeBytes: number
  readonly handler: string
  readonly runtime: string
  readonly role: string
  readonly description: string
  /** New with every change. */
  readonly revisionId: string
  /** ISO. */
  readonly lastModified: string
}

/** A function with everything published of it. */
export interface FunctionEntry {
  readonly name: string
  readonly latest: FunctionVersion
  readonly versions: readonly FunctionVersion[]
  /** Versions ever published: a number is never used twice. */
  readonly published: number
  /** Alias to version. */
  readonly aliases: Readonly<Record<string, string>>
  readonly tags: Readonly<Record<string, string>>
}

/** The region of every ARN: there is none. */
const ARN_PREFIX = "arn:aws:lambda:local:000000000000:function:"

export function functionArn(name: string, qualifier?: string): string {
  return `${ARN_PREFIX}${name}${qualifier === undefined ? "" : `:${qualifier}`}`
}

/** The functions that are deployed, kept in one file so that they outlive the server. */
export class FunctionTable {
  readonly #path: string
  readonly #functions = new Map<string, FunctionEntry>()

  constructor(path: string) {
    this.#path = path
    for (const entry of readEntries(path)) this.#functions.set(entry.name, entry)
  }

  get(name: string): FunctionEntry | undefined {
    return this.#functions.get(name)
  }

  list(): FunctionEntry[] {
    return [...this.#functions.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Keeps the entry, durably before it returns. */
  put(entry: FunctionEntry): void {
    this.#functions.set(entry.name, entry)
    this.#save()
  }

  delete(name: string): void {
    this.#functions.delete(name)
    this.#save()
  }

  /** The version that a qualifier names: a number, `$LATEST`, an alias, or nothing for `$LATEST`. */
  resolve(name: string, qualifier: string | undefined): FunctionVersion | undefined {
    const entry = this.#functions.get(name)
    if (entry === undefined) return undefined
    if (qualifier === undefined || qualifier === "$LATEST") return entry.latest
    const version = Object.hasOwn(entry.aliases, qualifier) ? entry.aliases[qualifier] : qualifier
    return version === "$LATEST" ? entry.latest : entry.versions.find((candidate) => candidate.version === version)
  }

  #save(): void {
    mkdirSync(dirname(this.#path), { recursive: true })
    const temporary = `${this.#path}.${process.pid}`
    writeFileSync(temporary, JSON.stringify({ schemaVersion: 1, functions: this.list() }, null, 1))
    renameSync(temporary, this.#path)
  }
}

/** A version with changes is another revision. */
export function changed(version: FunctionVersion, changes: Partial<FunctionVersion>): FunctionVersion {
  return { ...version, ...changes, revisionId: randomUUID(), lastModified: new Date().toISOString() }
}

function readEntries(path: string): FunctionEntry[] {
  let text: string
  try {
    text = readFileSync(path, "utf8")
  } catch {
    return []
  }
  const value: unknown = parse(text)
  if (!isObject(value) || value["schemaVersion"] !== 1 || !Array.isArray(value["functions"])) return []
  // Our own file, written whole by rename: its version is the check.
  return value["functions"] as FunctionEntry[]
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
