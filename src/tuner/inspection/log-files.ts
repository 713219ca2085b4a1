import { readdir, stat } from "node:fs/promises"
import { join } from "node:path"
import { messageOf, systemCode, TrimtabError } from "../../base/errors.ts"
import { fileSource, type FileSource } from "./file-source.ts"

/** Files of a folder that are logs. What a rotation has moved aside belongs to the file it was moved from. */
const LOGS = /\.(log|txt|json|ndjson|jsonl|gz)$/i

/**
 * The logs that a path names: the file itself, or every log in the folder and the folders in it, by name.
 * @throws TrimtabError `usage` when there is nothing there, `permission`, `io`
 */
export async function logFiles(path: string): Promise<readonly FileSource[]> {
  const info = await stat(path).catch((error: unknown) => failed(path, error))
  if (info.isFile()) return [fileSource({ path })]
  const names = await readdir(path, { recursive: true }).catch((error: unknown) => failed(path, error))
  const logs = names.filter((name) => LOGS.test(name)).sort()
  // Of a log that was moved aside before a new one was begun only the older half is there.
  const moved = names.filter((name) => /\.log\.1$/i.test(name) && !names.includes(name.slice(0, -2))).sort()
  if (logs.length + moved.length === 0)
    throw new TrimtabError("usage", `${path} holds no log; logs end in .log, .txt, .json, .ndjson or .gz`, {
      where: path,
      fix: "name a file, or a folder of logs",
    })
  return [
    ...logs.map((name) => fileSource({ path: join(path, name) })),
    ...moved.map((name) => fileSource({ path: join(path, name.slice(0, -2)) })),
  ]
}

function failed(path: string, error: unknown): never {
  const code = systemCode(error)
  if (code === "ENOENT")
    throw new TrimtabError("usage", `${path} does not exist`, { where: path, fix: "name a log file or a folder" })
  const kind = code === "EACCES" || code === "EPERM" ? "permission" : "io"
  throw new TrimtabError(kind, `${path} cannot be read: ${messageOf(error)}`, { where: path, cause: error })
}
