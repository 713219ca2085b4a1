import type { Dirent } from "node:fs"
import { join } from "node:path"
import { systemCode } from "../../base/errors.ts"
import { RESERVED_PREFIX } from "../key.ts"
import type { FilePort } from "./file-port.ts"
import type { Folders } from "./folders.ts"

/** Keys that start with the prefix, in key order, one folder in memory at a time per level. */
export async function* listKeys(files: FilePort, folders: Folders, prefix: string): AsyncIterable<string> {
  const parents = prefix.split("/")
  const start = parents.pop() ?? ""
  const folder = await folders.find(parents, prefix)
  if (folder === null) return
  yield* walk(files, { folder, path: parents.map((name) => `${name}/`).join(""), start })
}

interface Place {
  readonly folder: string
  /** The folder's part of the key, empty or ending in a slash. */
  readonly path: string
  /** How the names must begin. */
  readonly start: string
}

async function* walk(files: FilePort, { folder, path, start }: Place): AsyncIterable<string> {
  for (const { name, isFolder } of await entriesOf(files, folder)) {
    if (!name.startsWith(start)) continue
    if (isFolder) yield* walk(files, { folder: join(folder, name), path: `${path}${name}/`, start: "" })
    else yield `${path}${name}`
  }
}

async function entriesOf(files: FilePort, folder: string): Promise<{ name: string; isFolder: boolean }[]> {
  const entries = await readFolder(files, folder)
  // Links and devices are no objects. `a-b` comes before `a/b`: a folder sorts with its slash.
  return entries
    .filter((entry) => (entry.isFile() || entry.isDirectory()) && !entry.name.startsWith(RESERVED_PREFIX))
    .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }))
    .sort((a, b) => compareText(sortName(a), sortName(b)))
}

async function readFolder(files: FilePort, folder: string): Promise<Dirent[]> {
  try {
    return await files.readdir(folder, { withFileTypes: true })
  } catch (error) {
    const code = systemCode(error)
    // Removed since its parent was read: nothing to list.
    if (code === "ENOENT" || code === "ENOTDIR") return []
    throw error
  }
}

function sortName(entry: { name: string; isFolder: boolean }): string {
  return entry.isFolder ? `${entry.name}/` : entry.name
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
