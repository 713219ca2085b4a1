import { writeFile } from "node:fs/promises"
import { messageOf, systemCode, TrimtabError } from "../base/errors.ts"

/** Writes a file that the user named. @throws TrimtabError `disk-full`, `permission`, `io` with the path */
export async function writeNamedFile(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text)
  } catch (error) {
    const code = systemCode(error)
    const kind = code === "ENOSPC" ? "disk-full" : code === "EACCES" || code === "EPERM" ? "permission" : "io"
    throw new TrimtabError(kind, `${path} cannot be written: ${messageOf(error)}`, { where: path, cause: error })
  }
}
