import { createHash } from "node:crypto"
import type { FileHandle } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { RESERVED_PREFIX } from "../key.ts"
import type { FilePort } from "./file-port.ts"
import { hashFile, stampOf } from "./whole-file.ts"

/** Up to this size an object is hashed when somebody asks: as quick as reading a second file, bytes. */
const HASH_ON_DEMAND_BYTES = 256 * 1024

/**
 * Known SHA-256 sums of large objects: a cache in a small file beside each, so that `head` need not read the object.
 *
 * C1. An entry counts only for the very file it was made of (inode, size, time of last write), and only if it is
 *     whole (it ends in a check of itself). Anything else is as if it were not there, so it may be lost, torn or
 *     stale at any time, and is written without fsync.
 */
export interface Checksums {
  /** Size and sum of the open object at `path`, from the cache or by reading it. */
  of(path: string, handle: FileHandle, signal?: AbortSignal): Promise<{ sizeBytes: number; sha256: string }>
  /** The cached sum of the open object, or null. */
  known(path: string, handle: FileHandle): Promise<string | null>
  remember(path: string, file: { sizeBytes: number; sha256: string; stamp: string }): Promise<void>
  forget(path: string): Promise<void>
}

/** Checksums beside the objects. */
export function checksumsBeside(files: FilePort): Checksums {
  const remember: Checksums["remember"] = async (path, file) => {
    if (file.sizeBytes <= HASH_ON_DEMAND_BYTES) return
    const line = `${file.sha256} ${file.stamp}`
    // A cache that cannot be written costs time later, never correctness.
    await files.writeFile(entryOf(path), `${line} ${check(line)}\n`).catch(() => {})
  }

  const known: Checksums["known"] = async (path, handle) => {
    const text = await files.readFile(entryOf(path), "latin1").catch(() => "")
    const match = /^(([0-9a-f]{64}) (\d+ \d+ \d+)) ([0-9a-f]{16})\n$/.exec(text)
    if (match === null || check(match[1]!) !== match[4]) return null
    return match[3] === (await stampOf(handle)) ? match[2]! : null
  }

  const of: Checksums["of"] = async (path, handle, signal) => {
    const { size } = await handle.stat()
    if (size <= HASH_ON_DEMAND_BYTES) return await hashFile(handle, signal)
    const sha256 = await known(path, handle)
    if (sha256 !== null) return { sizeBytes: size, sha256 }
    const stamp = await stampOf(handle)
    const hashed = await hashFile(handle, signal)
    await remember(path, { ...hashed, stamp })
    return hashed
  }

  const forget: Checksums["forget"] = async (path) => {
    await files.unlink(entryOf(path)).catch(() => {})
  }

  return { of, known, remember, forget }
}

/** The name is hashed, since a name of 255 bytes leaves no room for an ending. */
function entryOf(path: string): string {
  return join(dirname(path), `${RESERVED_PREFIX}sum-${sha256(basename(path)).slice(0, 32)}`)
}

function check(line: string): string {
  return sha256(line).slice(0, 16)
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex")
}
