import { constants } from "node:fs"
import type { FileHandle } from "node:fs/promises"
import { join } from "node:path"
import { systemCode } from "../../base/errors.ts"
import { refusal } from "../key.ts"
import { missingObject } from "../store-errors.ts"
import type { ObjectInfo } from "../store.ts"
import type { Checksums } from "./checksums.ts"
import type { FilePort } from "./file-port.ts"
import { syncFolder, underObject, type Folders } from "./folders.ts"
import { writeTemp, type Source, type WrittenFile } from "./whole-file.ts"

/** Tries to write into a folder that another process keeps removing because it is empty. */
const MAX_FOLDER_TRIES = 10

/** An object that is open for reading: its bytes stay the same whatever happens to its name. */
export interface OpenObject {
  readonly path: string
  readonly handle: FileHandle
}

/** The objects of a store as files: S1 and S2 of fs-store.ts. Keys are checked already. */
export interface ObjectFiles {
  /** Runs `use` on the open object; throws `store-missing`. */
  read<T>(key: string, use: (object: OpenObject) => Promise<T>): Promise<T>
  replace(key: string, source: Source, signal?: AbortSignal): Promise<ObjectInfo>
  /** False when the object is there already; it is durable then. */
  create(key: string, source: Source, signal?: AbortSignal): Promise<boolean>
  remove(key: string): Promise<void>
}

/** What `objectFiles` works with. */
export interface ObjectFilesParts {
  readonly files: FilePort
  readonly folders: Folders
  readonly checksums: Checksums
}

/** Objects as files of `folders`. */
export function objectFiles({ files, folders, checksums }: ObjectFilesParts): ObjectFiles {
  const read: ObjectFiles["read"] = async (key, use) => {
    const { parents, name } = placeOf(key)
    const folder = await folders.find(parents, key)
    if (folder === null) throw missingObject(key)
    const path = join(folder, name)
    const handle = await openObject(files, path, key)
    try {
      if (!(await handle.stat()).isFile()) throw missingObject(key)
      return await use({ path, handle })
    } finally {
      await handle.close()
    }
  }

  /** Writes the temp file, makes it an object by `publish`, and makes its name durable. */
  const write = async <T>(key: string, source: Source, options: Publish<T>): Promise<T> => {
    const { parents, name } = placeOf(key)
    const folder = await folders.make(parents, key)
    const path = join(folder, name)
    const early = await options.before(path)
    if (early !== undefined) {
      await syncFolder(files, folder)
      return early
    }
    const temp = await writeTemp(files, folder, source, { durable: true, signal: options.signal })
    try {
      const result = await options.publish(temp, path)
      await syncFolder(files, folder)
      return result
    } catch (error) {
      await files.unlink(temp.path).catch(() => {})
      throw systemCode(error) === "EISDIR" ? aboveObjects(key) : error
    }
  }

  const replace: ObjectFiles["replace"] = async (key, source, signal) =>
    await again(
      key,
      async () =>
        await write(key, source, {
          signal,
          before: async (path) => {
            await kindAt(files, path, key, "place")
            return undefined
          },
          publish: async (temp, path) => {
            await files.rename(temp.path, path)
            await checksums.remember(path, temp)
            return { key, sizeBytes: temp.sizeBytes, sha256: temp.sha256 }
          },
        }),
    )

  const create: ObjectFiles["create"] = async (key, source, signal) =>
    await again(
      key,
      async () =>
        await write(key, source, {
          signal,
          // Spares the loser the writing. It still syncs the folder: what it reads next must not vanish.
          before: async (path) => ((await kindAt(files, path, key, "place")) === "object" ? false : undefined),
          publish: async (temp, path) => {
            const won = await linkIfAbsent(files, temp.path, path)
            await files.unlink(temp.path)
            if (won) await checksums.remember(path, temp)
            return won
          },
        }),
    )

  const remove: ObjectFiles["remove"] = async (key) => {
    const { parents, name } = placeOf(key)
    const folder = await folders.find(parents, key)
    if (folder === null) return
    const path = join(folder, name)
    if ((await kindAt(files, path, key, "object")) !== "object") return
    await files.unlink(path).catch(ignoreMissing)
    await checksums.forget(path)
    await syncFolder(files, folder).catch(ignoreMissing)
    await folders.prune(parents)
  }

  return { read, replace, create, remove }
}

interface Publish<T> {
  readonly signal: AbortSignal | undefined
  /** A value other than undefined ends the write before it begins. */
  readonly before: (path: string) => Promise<T | undefined>
  readonly publish: (temp: WrittenFile, path: string) => Promise<T>
}

function placeOf(key: string): { parents: readonly string[]; name: string } {
  const segments = key.split("/")
  return { parents: segments.slice(0, -1), name: segments.at(-1) ?? "" }
}

async function openObject(files: FilePort, path: string, key: string): Promise<FileHandle> {
  try {
    return await files.open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (error) {
    const code = systemCode(error)
    if (code === "ENOENT" || code === "ENOTDIR") throw missingObject(key)
    if (code === "ELOOP") throw isLink(key)
    throw error
  }
}

/** What has the name; a link is refused (S2). Who wants a place to write is refused a folder's name, too. */
async function kindAt(
  files: FilePort,
  path: string,
  key: string,
  want: "place" | "object",
): Promise<"object" | "folder" | "nothing"> {
  try {
    const stat = await files.lstat(path)
    if (stat.isSymbolicLink()) throw isLink(key)
    if (!stat.isDirectory()) return "object"
    if (want === "place") throw aboveObjects(key)
    return "folder"
  } catch (error) {
    const code = systemCode(error)
    if (code === "ENOENT") return "nothing"
    if (code === "ENOTDIR" && want === "object") return "nothing"
    if (code === "ENOTDIR") throw underObject(key)
    throw error
  }
}

async function linkIfAbsent(files: FilePort, from: string, to: string): Promise<boolean> {
  try {
    await files.link(from, to)
    return true
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false
    throw error
  }
}

/** A delete may remove the empty folder between our making it and writing into it. */
async function again<T>(key: string, write: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await write()
    } catch (error) {
      const code = systemCode(error)
      if (code === "ENOTDIR") throw underObject(key)
      if (code !== "ENOENT" || tries >= MAX_FOLDER_TRIES) throw error
    }
  }
}

function ignoreMissing(error: unknown): void {
  if (systemCode(error) !== "ENOENT") throw error
}

function isLink(key: string): Error {
  return refusal(key, "the file of that name is a symbolic link")
}

function aboveObjects(key: string): Error {
  return refusal(key, "other objects lie below it, and a folder cannot be a file as well")
}
