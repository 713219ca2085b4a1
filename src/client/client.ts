/**
 * What a function uses to look up the published configurations of the functions that it calls (ConfigNavigator 3.3.3).
 * No imports: it is bundled into every function. `read` gets objects by name, over HTTP or from a folder.
 *
 * L1. One decision reads one version: look up all that an invocation calls in one `Decision`.
 * L2. Never an older version after a newer one, never one whose checksum does not match.
 * L3. What cannot be read or trusted leaves the last good version, and before the first one the caller's own fallback: a
 *     lookup never fails and never waits longer than `timeoutMs`.
 */

/** How to call a function. */
export interface ChildConfig {
  readonly memoryMB: number
  readonly instances?: number
  readonly processes?: number
}

/** A published configuration, and the qualifier under which that size is deployed, `1024MB`. */
export interface Child {
  readonly memoryMB: number
  readonly instances: number
  readonly processes: number
  readonly qualifier: string
}

/** One version, for all that one invocation calls. */
export interface Decision {
  /** 0 where nothing was published or readable: every lookup then gives its fallback. */
  readonly version: number
  /** True in runs that try a change out. */
  readonly canary: boolean
  /** The configuration of a step, or the fallback where the version does not have it. */
  of(step: string, fallback: ChildConfig): Child
}

export interface DecideOptions {
  /** Names the run: all its decisions then agree on whether they try a change out. Chance decides without it. */
  readonly run?: string
  /** The version that the caller used, handed on so that a whole run uses one; the newest where absent or not readable. */
  readonly version?: number
}

/** Text of an object by name; null where there is none. May throw or hang: the last good version then goes on. */
export type Read = (name: string, signal: AbortSignal) => Promise<string | null>

export interface ConfigClientOptions {
  readonly pipeline: string
  readonly read: Read
  /** How long a version is used before a newer one is looked for, 30,000 ms by default. */
  readonly ttlMs?: number
  /** How long a decision waits for reads, 1,000 ms by default. */
  readonly timeoutMs?: number
  /** As the publisher has it: only versions that were made with it are used. */
  readonly secret?: string
  /** Told of every object that was refused, and of reads that failed. */
  readonly onProblem?: (problem: string) => void
  /** Monotonic ms, for tests. */
  readonly nowMs?: () => number
}

export interface ConfigClient {
  /** Never rejects. One read per `ttlMs` while nothing changes. */
  decide(options?: DecideOptions): Promise<Decision>
}

interface Document {
  readonly version: number
  readonly configs: Readonly<Record<string, Required<ChildConfig>>>
  readonly canary?: { readonly sharePercent: number; readonly configs: Document["configs"] }
}

/** A client to be made once per instance, outside of the handler. */
export function configClient(options: ConfigClientOptions): ConfigClient {
  const { pipeline, read, secret, ttlMs = 30_000, timeoutMs = 1_000, onProblem = () => {} } = options
  // oxlint-disable-next-line no-restricted-properties -- this file may import nothing, not even a clock
  const nowMs = options.nowMs ?? (() => performance.now())
  let newest: Document | null = null
  let checkedMs = -Infinity
  let refreshing: Promise<void> | null = null
  const earlier = new Map<number, Document>()

  /** The document of a name, null where there is none, undefined where it was refused. */
  const get = async (name: string, signal: AbortSignal, version?: number): Promise<Document | null | undefined> => {
    const path = `tuner/${pipeline}/${name}.json`
    const text = await read(path, signal)
    signal.throwIfAborted()
    if (text === null) return null
    const problem = await problemOf(text, { pipeline, version, secret })
    if (problem === null) return JSON.parse(text) as Document
    onProblem(`${path} is refused: ${problem}`)
    return undefined
  }
  const getVersion = (version: number, signal: AbortSignal) => get(String(version).padStart(9, "0"), signal, version)

  /** Upwards until a version is missing: there are no gaps. */
  const refresh = async (signal: AbortSignal): Promise<void> => {
    let found = newest ?? (await get("current", signal)) ?? null
    let at = found?.version ?? (await highest(getVersion, signal))
    // Without a usable place to begin: the newest version that holds.
    for (let below = at; found === null && below > 0; below--) found = (await getVersion(below, signal)) ?? null
    for (;;) {
      const next = await getVersion(at + 1, signal)
      if (next === null) break
      at++
      if (next !== undefined) found = next
    }
    if (found !== null && found.version > (newest?.version ?? 0)) newest = remember(earlier, found)
  }

  const withTimeout = async (work: (signal: AbortSignal) => Promise<void>): Promise<void> => {
    const signal = AbortSignal.timeout(timeoutMs)
    const late = new Promise<never>((_, reject) =>
      signal.addEventListener("abort", () => reject(new Error(`no answer within ${timeoutMs} ms`))),
    )
    try {
      await Promise.race([work(signal), late])
    } catch (error) {
      onProblem(`${pipeline} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  return {
    decide: async ({ run, version } = {}) => {
      if (version !== undefined && version > 0 && !earlier.has(version))
        await withTimeout(async (signal) => {
          const found = await getVersion(version, signal)
          if (found) remember(earlier, found)
        })
      const pinned = version === undefined ? undefined : earlier.get(version)
      if (pinned === undefined && nowMs() - checkedMs >= ttlMs) {
        refreshing ??= withTimeout(refresh).finally(() => {
          // After a failure, too: a store that is down is not asked at every decision.
          checkedMs = nowMs()
          refreshing = null
        })
        await refreshing
      }
      return decisionOf(pinned ?? newest, run)
    },
  }
}

/** `read` over HTTP: what `fetch` gets below the URL. 403 is how S3 says that an object is missing to those who cannot list. */
export function httpReader(url: string, get: typeof fetch = fetch): Read {
  return async (name, signal) => {
    const answer = await get(`${url.replace(/\/$/, "")}/${name}`, { signal })
    if (answer.status === 404 || answer.status === 403) return null
    if (!answer.ok) throw new Error(`${answer.status} for ${name}`)
    return await answer.text()
  }
}

/** `read` from a folder, by `readFile` of `node:fs/promises`. */
export function fileReader(folder: string, readFile: (path: string, encoding: "utf8") => Promise<string>): Read {
  return async (name) => {
    try {
      return await readFile(`${folder}/${name}`, "utf8")
    } catch (error) {
      if ((error as { code?: unknown }).code === "ENOENT") return null
      throw error
    }
  }
}

/** Versions that are kept for runs that began with them. */
const KEPT = 16

function remember(earlier: Map<number, Document>, document: Document): Document {
  earlier.set(document.version, document)
  if (earlier.size > KEPT) earlier.delete(Math.min(...earlier.keys()))
  return document
}

/** The highest version that exists, by doubling and halving. */
async function highest(
  get: (version: number, signal: AbortSignal) => Promise<unknown>,
  signal: AbortSignal,
): Promise<number> {
  let high = 1
  while ((await get(high, signal)) !== null) high *= 2
  let low = Math.floor(high / 2)
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if ((await get(middle, signal)) === null) high = middle
    else low = middle
  }
  return low
}

function decisionOf(document: Document | null, run: string | undefined): Decision {
  const canary = document?.canary !== undefined && bucketOf(run) < document.canary.sharePercent
  const find = (step: string): ChildConfig | undefined => {
    for (const configs of [canary ? document.canary.configs : undefined, document?.configs])
      if (configs !== undefined && Object.hasOwn(configs, step)) return configs[step]
    return undefined
  }
  return {
    version: document?.version ?? 0,
    canary,
    of: (step, fallback) => {
      const { memoryMB, instances = 1, processes = 1 } = find(step) ?? fallback
      return { memoryMB, instances, processes, qualifier: `${memoryMB}MB` }
    },
  }
}

/** 0 to 99, the same for a run wherever it is asked (FNV-1a, mixed). */
function bucketOf(run: string | undefined): number {
  // oxlint-disable-next-line no-restricted-properties -- this file may import nothing, not even a source of chance
  if (run === undefined) return Math.floor(Math.random() * 100)
  let hash = 0x811c9dc5
  for (let i = 0; i < run.length; i++) hash = Math.imul(hash ^ run.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return ((hash ^ (hash >>> 13)) >>> 0) % 100
}

interface Expected {
  readonly pipeline: string
  readonly version: number | undefined
  readonly secret: string | undefined
}

async function problemOf(text: string, { pipeline, version, secret }: Expected): Promise<string | null> {
  let value: { [key: string]: unknown }
  try {
    value = JSON.parse(text) as typeof value
  } catch {
    return "it is not JSON"
  }
  if (!isObject(value)) return "it is no JSON object"
  const { sha256, ...content } = value
  if (sha256 !== (await checksumOf(canonical(content), secret))) return "its checksum does not match its content"
  const { schemaVersion, canary, configs } = content
  if (schemaVersion !== 1) return "it is of another schema version"
  if (content["pipeline"] !== pipeline) return "it is of another pipeline"
  const own = content["version"]
  if (!isCount(own, Number.MAX_SAFE_INTEGER) || (version !== undefined && own !== version))
    return "it is of another version"
  if (
    canary !== undefined &&
    !(isObject(canary) && isCount(canary["sharePercent"], 99) && areConfigs(canary["configs"]))
  )
    return "its canary makes no sense"
  return areConfigs(configs) ? null : "its configurations make no sense"
}

/** Damage that fits its checksum: larger values make no sense anywhere. */
function areConfigs(value: unknown): boolean {
  if (!isObject(value)) return false
  return Object.entries(value).every(
    ([name, config]) =>
      name !== "" &&
      name !== "__proto__" &&
      isObject(config) &&
      isCount(config["memoryMB"], 1_000_000) &&
      isCount(config["instances"], 100_000) &&
      isCount(config["processes"], 10_000),
  )
}

function isCount(value: unknown, most: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= most
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

/** JSON with sorted keys and no spaces: what the checksum is of. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (!isObject(value)) return JSON.stringify(value)
  const fields = Object.keys(value).sort()
  return `{${fields.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join()}}`
}

async function checksumOf(text: string, secret: string | undefined): Promise<string> {
  const bytes = new TextEncoder().encode(text)
  const { subtle } = crypto
  const algorithm = { name: "HMAC", hash: "SHA-256" }
  const sum =
    secret === undefined
      ? await subtle.digest("SHA-256", bytes)
      : await subtle.sign(
          "HMAC",
          await subtle.importKey("raw", new TextEncoder().encode(secret), algorithm, false, ["sign"]),
          bytes,
        )
  return [...new Uint8Array(sum)].map((byte) => byte.toString(16).padStart(2, "0")).join("")
}
