import { createHash } from "node:crypto"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { dirname } from "node:path"
import { checkKey, checkPrefix } from "./key.ts"
import { requestCounter } from "./request-counter.ts"
import { missingObject, storeError } from "./store-errors.ts"
import type { ObjectInfo, Store } from "./store.ts"

interface Stored {
  readonly bytes: Uint8Array
  readonly sha256: string
}

/** A store in this process, gone with it: for simulated runs and tests. Its bytes are copies, both ways. */
export function memoryStore(): Store {
  const objects = new Map<string, Stored>()
  const counter = requestCounter()

  const write = (key: string, bytes: Uint8Array): ObjectInfo => {
    const stored = { bytes: Uint8Array.from(bytes), sha256: createHash("sha256").update(bytes).digest("hex") }
    objects.set(key, stored)
    return infoOf(key, stored)
  }
  const find = (key: string): Stored => {
    const stored = objects.get(key)
    if (stored === undefined) throw missingObject(key)
    return stored
  }
  /** What every request does first. */
  const begin = (kind: "puts" | "gets" | "deletes", key: string, signal: AbortSignal | undefined): void => {
    counter.count(kind)
    checkKey(key)
    signal?.throwIfAborted()
  }

  return {
    name: "memory",
    url: null,
    requests: counter.read,
    get: async (key, range, signal) => {
      begin("gets", key, signal)
      const { bytes } = find(key)
      return range === undefined ? bytes.slice() : bytes.slice(Math.max(0, range.start), Math.max(0, range.end))
    },
    put: async (key, bytes, signal) => {
      begin("puts", key, signal)
      return write(key, bytes)
    },
    putIfAbsent: async (key, bytes, signal) => {
      begin("puts", key, signal)
      if (objects.has(key)) return false
      write(key, bytes)
      return true
    },
    getFile: async (key, path, signal) => {
      begin("gets", key, signal)
      const stored = find(key)
      await onDisk(`write ${path}`, async () => {
        await mkdir(dirname(path), { recursive: true })
        await writeFile(path, stored.bytes)
      })
      return infoOf(key, stored)
    },
    putFile: async (key, path, signal) => {
      begin("puts", key, signal)
      return write(key, await onDisk(`read ${path}`, async () => await readFile(path)))
    },
    head: async (key, signal) => {
      begin("gets", key, signal)
      const stored = objects.get(key)
      return stored === undefined ? null : infoOf(key, stored)
    },
    list: async function* (prefix, signal) {
      counter.count("lists")
      checkPrefix(prefix)
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort()
      for (const key of keys) {
        signal?.throwIfAborted()
        const stored = objects.get(key)
        // Deleted since the listing began.
        if (stored !== undefined) yield infoOf(key, stored)
      }
    },
    delete: async (key, signal) => {
      begin("deletes", key, signal)
      objects.delete(key)
    },
  }
}

function infoOf(key: string, { bytes, sha256 }: Stored): ObjectInfo {
  return { key, sizeBytes: bytes.byteLength, sha256 }
}

async function onDisk<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw storeError(error, doing)
  }
}
