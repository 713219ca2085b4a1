import { createHash } from "node:crypto"
import type { FileHandle } from "node:fs/promises"
import { join } from "node:path"
import { systemCode } from "../../base/errors.ts"
import { RESERVED_PREFIX } from "../key.ts"
import type { FilePort } from "./file-port.ts"

/** Bytes read at once while streaming. */
const CHUNK_BYTES = 1024 * 1024

/** What a temp file holds before it gets its name. */
export interface WrittenFile {
  readonly path: string
  readonly sizeBytes: number
  readonly sha256: string
  /** Identity of the file's content, kept by a rename: see checksums.ts. */
  readonly stamp: string
}

/** Bytes in memory, or an open file from its beginning. */
export type Source = Uint8Array | FileHandle

/** `durable` waits until the bytes are on the disk. */
export interface WriteOptions {
  readonly durable: boolean
  readonly signal: AbortSignal | undefined
}

let temps = 0

/**
 * Writes the source into a new temp file of the folder, hashing on the way. The caller gives it its name by
 * rename or link; after an error nothing is left.
 */
export async function writeTemp(
  files: FilePort,
  folder: string,
  source: Source,
  options: WriteOptions,
): Promise<WrittenFile> {
  const [path, handle] = await openTemp(files, folder)
  try {
    const { sizeBytes, sha256 } = await pour(source, handle, options.signal)
    if (options.durable) await handle.datasync()
    const stamp = await stampOf(handle)
    await handle.close()
    return { path, sizeBytes, sha256, stamp }
  } catch (error) {
    // The first error is the one to tell; closing and removing are best effort.
    await handle.close().catch(() => {})
    await files.unlink(path).catch(() => {})
    throw error
  }
}

/** Size and hash of an open file, read from its beginning. */
export async function hashFile(
  handle: FileHandle,
  signal: AbortSignal | undefined,
): Promise<{ sizeBytes: number; sha256: string }> {
  return await pour(handle, null, signal)
}

/** Changes whenever the content does: inode, size and time of the last write. A rename keeps it. */
export async function stampOf(handle: FileHandle): Promise<string> {
  const { ino, size, mtimeNs } = await handle.stat({ bigint: true })
  return `${ino} ${size} ${mtimeNs}`
}

async function openTemp(files: FilePort, folder: string): Promise<[string, FileHandle]> {
  for (;;) {
    const path = join(folder, `${RESERVED_PREFIX}tmp-${process.pid}-${temps++}`)
    try {
      return [path, await files.open(path, "wx")]
    } catch (error) {
      // Left by a dead process with our pid, or in use by one on another machine: the next number.
      if (systemCode(error) !== "EEXIST") throw error
    }
  }
}

async function pour(
  source: Source,
  target: FileHandle | null,
  signal: AbortSignal | undefined,
): Promise<{ sizeBytes: number; sha256: string }> {
  const hash = createHash("sha256")
  signal?.throwIfAborted()
  if (source instanceof Uint8Array) {
    hash.update(source)
    await target?.writeFile(source)
    return { sizeBytes: source.byteLength, sha256: hash.digest("hex") }
  }
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, Math.max(4096, (await source.stat()).size + 1)))
  let sizeBytes = 0
  for (;;) {
    signal?.throwIfAborted()
    const { bytesRead } = await source.read(buffer, 0, buffer.length, sizeBytes)
    if (bytesRead === 0) return { sizeBytes, sha256: hash.digest("hex") }
    const chunk = buffer.subarray(0, bytesRead)
    hash.update(chunk)
    // writeFile on a handle writes at its position and takes care of short writes.
    await target?.writeFile(chunk)
    sizeBytes += bytesRead
  }
}
