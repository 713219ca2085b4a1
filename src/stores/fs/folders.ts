import { join } from "node:path"
import { systemCode } from "../../base/errors.ts"
import { refusal } from "../key.ts"
import type { FilePort } from "./file-port.ts"

/** Errors of a folder's fsync on file systems that have no such thing. */
const NO_FOLDER_SYNC: readonly (string | undefined)[] = ["EINVAL", "ENOTSUP"]

/** The folders of one store, none of which may be a link: then no key leaves the root. */
export interface Folders {
  /** The folder's path, or null when it does not exist. Throws `store-path` when a link is on the way. */
  find(segments: readonly string[], key: string): Promise<string | null>
  /** As `find`, and makes what is missing, durably. */
  make(segments: readonly string[], key: string): Promise<string>
  /** Removes the folder and its parents as far as they are empty. */
  prune(segments: readonly string[]): Promise<void>
}

/** Folders below `root`, which itself may be reached through links. */
export function foldersBelow(files: FilePort, root: string): Folders {
  let realRoot: string | null = null

  const find = async (segments: readonly string[], key: string): Promise<string | null> => {
    try {
      realRoot ??= await files.realpath(root)
      const path = join(realRoot, ...segments)
      // A link below the root could be changed to point anywhere, so even a harmless one is refused.
      if ((await files.realpath(path)) !== path) throw refusal(key, "a folder on its way is a symbolic link")
      return path
    } catch (error) {
      const code = systemCode(error)
      if (code === "ENOENT" || code === "ENOTDIR") return null
      if (code === "ELOOP") throw refusal(key, "a folder on its way is a symbolic link")
      throw error
    }
  }

  const make = async (segments: readonly string[], key: string): Promise<string> => {
    const found = await find(segments, key)
    if (found !== null) return found
    if (segments.length === 0) {
      await files.mkdir(root, { recursive: true })
      realRoot = await files.realpath(root)
      return realRoot
    }
    const parent = await make(segments.slice(0, -1), key)
    const path = join(parent, segments.at(-1) ?? "")
    try {
      await files.mkdir(path)
      await syncFolder(files, parent)
    } catch (error) {
      const code = systemCode(error)
      if (code === "ENOTDIR") throw underObject(key)
      if (code !== "EEXIST") throw error
      // Somebody else made it, or a link is there that leads nowhere: the latter must not be followed.
      if ((await files.lstat(path)).isSymbolicLink()) throw refusal(key, "a folder on its way is a symbolic link")
    }
    return path
  }

  const prune = async (segments: readonly string[]): Promise<void> => {
    if (realRoot === null) return
    for (let depth = segments.length; depth > 0; depth--) {
      try {
        await files.rmdir(join(realRoot, ...segments.slice(0, depth)))
      } catch {
        // Not empty, or gone already: either way this and what is above it stay as they are.
        return
      }
    }
  }

  return { find, make, prune }
}

/** Makes the names in a folder durable. */
export async function syncFolder(files: FilePort, path: string): Promise<void> {
  const handle = await files.open(path, "r")
  try {
    await handle.sync()
  } catch (error) {
    if (!NO_FOLDER_SYNC.includes(systemCode(error))) throw error
  } finally {
    await handle.close()
  }
}

/** The error for a key that has an object where it needs a folder. */
export function underObject(key: string): Error {
  return refusal(key, "it lies below the name of another object, and a file cannot be a folder as well")
}
