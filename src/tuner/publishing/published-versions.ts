import { TrimtabError } from "../../base/errors.ts"
import type { Store } from "../../stores/store.ts"
import { type ConfigDocument, parseDocument } from "./config-document.ts"
import { currentKey, versionKey } from "./object-names.ts"

/** An object of a version that must not be used. */
export interface Refusal {
  readonly key: string
  readonly reason: string
}

/** What there is of a pipeline's versions now. */
export interface NewestVersion {
  /** The highest version that exists, whatever it holds; 0 where there is none. */
  readonly latest: number
  /** The newest one that holds; null where none does. */
  readonly document: ConfigDocument | null
  /** Newer objects that do not. */
  readonly refused: readonly Refusal[]
}

export interface VersionSource {
  readonly store: Store
  readonly pipeline: string
  readonly secret?: string
}

/** One version as it is stored: the document, a refusal, or null where it does not exist. */
export type StoredVersion = ConfigDocument | Refusal | null

export function isRefusal(found: StoredVersion): found is Refusal {
  return found !== null && "key" in found
}

/** @throws what the store throws but `store-missing` */
export async function readVersion(source: VersionSource, version: number): Promise<StoredVersion> {
  return await read(source, versionKey(source.pipeline, version), version)
}

/**
 * The newest version: from a known one (the copy under `current.json`, or `from`) upwards until one is missing. Versions
 * have no gaps, since each is made by `putIfAbsent` after the one before it: so whoever reads later reads no older one.
 */
export async function readNewest(source: VersionSource, from: ConfigDocument | null = null): Promise<NewestVersion> {
  const refused: Refusal[] = []
  const start = from ?? (await readCurrent(source, refused))
  let document: ConfigDocument | null = start
  // Without a place to begin the highest version is found by doubling; what lies below is read downwards.
  let latest = document === null ? await highest(source) : document.version
  if (document === null) document = await newestBelow(source, latest, refused)
  for (;;) {
    const next = await readVersion(source, latest + 1)
    if (next === null) return { latest, document, refused }
    latest++
    if (isRefusal(next)) refused.push(next)
    else document = next
  }
}

async function readCurrent(source: VersionSource, refused: Refusal[]): Promise<ConfigDocument | null> {
  const found = await read(source, currentKey(source.pipeline))
  if (!isRefusal(found)) return found
  refused.push(found)
  return null
}

async function newestBelow(source: VersionSource, latest: number, refused: Refusal[]): Promise<ConfigDocument | null> {
  for (let version = latest; version >= 1; version--) {
    const found = await readVersion(source, version)
    if (!isRefusal(found)) return found
    refused.push(found)
  }
  return null
}

async function highest({ store, pipeline }: VersionSource): Promise<number> {
  const exists = async (version: number): Promise<boolean> => (await store.head(versionKey(pipeline, version))) !== null
  let high = 1
  while (await exists(high)) high *= 2
  let low = Math.floor(high / 2)
  // Version `low` exists (or is 0), `high` does not.
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if (await exists(middle)) low = middle
    else high = middle
  }
  return low
}

async function read(source: VersionSource, key: string, version?: number): Promise<StoredVersion> {
  const { store, pipeline, secret } = source
  let bytes: Uint8Array
  try {
    bytes = await store.get(key)
  } catch (error) {
    if (error instanceof TrimtabError && error.code === "store-missing") return null
    throw error
  }
  const parsed = parseDocument(new TextDecoder().decode(bytes), {
    pipeline,
    ...(version === undefined ? {} : { version }),
    ...(secret === undefined ? {} : { secret }),
  })
  return parsed.ok ? parsed.document : { key, reason: parsed.reason }
}
