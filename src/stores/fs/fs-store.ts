import { dirname, join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { TrimtabError } from "../../base/errors.ts"
import { checkKey, checkPrefix } from "../key.ts"
import { requestCounter } from "../request-counter.ts"
import { storeError } from "../store-errors.ts"
import type { ByteRange, ObjectInfo, Store } from "../store.ts"
import { checksumsBeside, type Checksums } from "./checksums.ts"
import { nodeFiles, type FilePort } from "./file-port.ts"
import { foldersBelow } from "./folders.ts"
import { listKeys } from "./list-keys.ts"
import { objectFiles, type ObjectFiles, type OpenObject } from "./object-files.ts"
import { writeTemp, type Source } from "./whole-file.ts"

/**
 * A store in a folder of this machine: the object `a/b` is the file `<rootDir>/a/b`.
 *
 * S1. An object appears under its name whole and durable, or not at all: temp file in the same folder, fsync, rename
 *     (or an exclusive link for putIfAbsent), fsync of the folder.
 * S2. No key leaves the root: odd keys are refused before any call, and so is a link on the way or at the end.
 * S3. Names that begin with `.trimtab-` (temp files, checksums) are no objects: never listed, never read.
 *
 * `a` and `a/b` cannot both be objects (`store-path`). A put costs two fsyncs, 0.4-1.2 ms on a usual disk.
 * Errors: `store-path`, `store-missing`, `disk-full`, `permission`, `io`. `files` is for tests.
 */
export function fsStore(rootDir: string, files: FilePort = nodeFiles): Store {
  const root = resolve(rootDir)
  const counter = requestCounter()
  const folders = foldersBelow(files, root)
  const checksums = checksumsBeside(files)
  const objects = objectFiles({ files, folders, checksums })
  const guarded = guardedBelow(root)

  const put = async (key: string, source: Source, signal?: AbortSignal): Promise<ObjectInfo> =>
    await guarded("write", key, signal, () => objects.replace(key, source, signal))
  const head: Store["head"] = async (key, signal) =>
    await guarded("read", key, signal, () => infoOf({ objects, checksums, key }, signal))

  return {
    name: "fs",
    url: pathToFileURL(root).href,
    requests: counter.read,
    get: async (key, range, signal) => {
      counter.count("gets")
      return await guarded("read", key, signal, () => objects.read(key, (object) => bytesOf(object, range)))
    },
    head: async (key, signal) => {
      counter.count("gets")
      return await head(key, signal)
    },
    put: async (key, bytes, signal) => {
      counter.count("puts")
      return await put(key, bytes, signal)
    },
    putIfAbsent: async (key, bytes, signal) => {
      counter.count("puts")
      return await guarded("write", key, signal, () => objects.create(key, bytes, signal))
    },
    putFile: async (key, path, signal) => {
      counter.count("puts")
      checkKey(key)
      const source = await openSource(files, path)
      try {
        return await put(key, source, signal)
      } finally {
        await source.close()
      }
    },
    getFile: async (key, path, signal) => {
      counter.count("gets")
      return await guarded("copy", key, signal, () =>
        objects.read(key, async (object) => {
          const copied = await copyOut({ files, checksums, object, path: resolve(path) }, signal)
          return { key, ...copied }
        }),
      )
    },
    list: async function* (prefix, signal) {
      counter.count("lists")
      checkPrefix(prefix)
      for await (const key of listKeys(files, folders, prefix)) {
        const info = await head(key, signal)
        // Null: deleted since its folder was read.
        if (info !== null) yield info
      }
    },
    delete: async (key, signal) => {
      counter.count("deletes")
      await guarded("delete", key, signal, () => objects.remove(key))
    },
  }
}

type Guarded = <T>(doing: string, key: string, signal: AbortSignal | undefined, work: () => Promise<T>) => Promise<T>

/** Checks the key, and gives the errors of the file system our codes. */
function guardedBelow(root: string): Guarded {
  return async (doing, key, signal, work) => {
    checkKey(key)
    signal?.throwIfAborted()
    try {
      return await work()
    } catch (error) {
      throw storeError(error, `${doing} ${join(root, key)}`)
    }
  }
}

interface Lookup {
  readonly objects: ObjectFiles
  readonly checksums: Checksums
  readonly key: string
}

async function infoOf({ objects, checksums, key }: Lookup, signal?: AbortSignal): Promise<ObjectInfo | null> {
  try {
    return await objects.read(key, async ({ path, handle }) => ({ key, ...(await checksums.of(path, handle, signal)) }))
  } catch (error) {
    if (error instanceof TrimtabError && error.code === "store-missing") return null
    throw error
  }
}

async function bytesOf({ handle }: OpenObject, range: ByteRange | undefined): Promise<Uint8Array> {
  if (range === undefined) return await handle.readFile()
  const { size } = await handle.stat()
  const start = Math.min(Math.max(0, range.start), size)
  const buffer = Buffer.alloc(Math.max(0, Math.min(range.end, size) - start))
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, start + filled)
    // The file of an object never shrinks: it is replaced, not written.
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}

interface CopyOut {
  readonly files: FilePort
  readonly checksums: Checksums
  readonly object: OpenObject
  readonly path: string
}

async function copyOut(
  { files, checksums, object, path }: CopyOut,
  signal?: AbortSignal,
): Promise<{ sizeBytes: number; sha256: string }> {
  const folder = dirname(path)
  await files.mkdir(folder, { recursive: true })
  const temp = await writeTemp(files, folder, object.handle, { durable: false, signal })
  try {
    const known = await checksums.known(object.path, object.handle)
    if (known !== null && known !== temp.sha256) throw damaged(object.path)
    await files.rename(temp.path, path)
  } catch (error) {
    await files.unlink(temp.path).catch(() => {})
    throw error
  }
  return { sizeBytes: temp.sizeBytes, sha256: temp.sha256 }
}

async function openSource(files: FilePort, path: string): ReturnType<FilePort["open"]> {
  try {
    return await files.open(path, "r")
  } catch (error) {
    throw storeError(error, `read ${path}`)
  }
}

function damaged(path: string): TrimtabError {
  return new TrimtabError("io", `the object in ${path} is damaged: its bytes are not those that were written`, {
    fix: "check the disk, then delete the object and run again",
  })
}
