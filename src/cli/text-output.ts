import { writeFile } from "node:fs/promises"
import { resolve } from "node:path"
import { messageOf, systemCode, TrimtabError } from "../base/errors.ts"
import type { Terminal } from "./terminal.ts"

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

/** Writes those files that were asked for, and says where; a text is made only for a file that is. */
export async function writeAskedFiles(
  files: readonly (readonly [file: string | undefined, text: () => string])[],
  { terminal, cwd }: { readonly terminal: Terminal; readonly cwd: string },
): Promise<void> {
  for (const [file, text] of files) {
    if (file === undefined) continue
    const path = resolve(cwd, file)
    await writeNamedFile(path, text())
    terminal.info(`wrote ${path}`)
  }
}
