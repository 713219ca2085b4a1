/** A whole object in a store, without its bytes. */
export interface ObjectInfo {
  readonly key: string
  readonly sizeBytes: number
  /** Hex. */
  readonly sha256: string
}

/** Requests so far: what the store line of a bill is made of. */
export interface StoreRequests {
  readonly puts: number
  readonly gets: number
  readonly lists: number
  readonly deletes: number
}

export interface ByteRange {
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

/**
 * Objects by key. Writes are atomic and whole: a reader sees the old bytes or the new ones. Keys are
 * slash-separated relative names; a key that would leave the store is refused with `store-path`.
 */
export interface Store {
  readonly name: string
  /** Where another process opens the same store (`file:///...`), or null for one that lives in this process. */
  readonly url: string | null
  /** Throws `store-missing` when there is no such object. */
  get(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Uint8Array>
  put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<ObjectInfo>
  /** True for the one winner; the losers change nothing. */
  putIfAbsent(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<boolean>
  /** Copies an object into a file, creating its folder. Throws `store-missing`. */
  getFile(key: string, path: string, signal?: AbortSignal): Promise<ObjectInfo>
  putFile(key: string, path: string, signal?: AbortSignal): Promise<ObjectInfo>
  /** Null when there is no such object. */
  head(key: string, signal?: AbortSignal): Promise<ObjectInfo | null>
  /** Objects whose key starts with `prefix`, in key order. */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<ObjectInfo>
  /** Deleting what is not there is no error. */
  delete(key: string, signal?: AbortSignal): Promise<void>
  requests(): StoreRequests
}
