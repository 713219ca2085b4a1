import { mkdir, open, readFile } from "node:fs/promises"
import { dirname } from "node:path"
import { messageOf, systemCode, TrimtabError } from "../base/errors.ts"

/** The text of a file of lines; empty where there is none. @throws TrimtabError `io` naming the file */
export async function lineFileText(path: string, noun: string): Promise<string> {
  try {
    return await readFile(path, "utf8")
  } catch (error) {
    return systemCode(error) === "ENOENT" ? "" : fail(`${noun} ${path}`, path, error)
  }
}

/** Appends to files of lines, one append after the other. */
export type LineAppender = (path: string, lines: string) => Promise<void>

/**
 * An appender that makes the folders of its files. Appends of one process wait for each other, so that nobody takes a
 * line on its way for a torn one. @throws TrimtabError `disk-full`, `permission`, `io` naming the file
 */
export function lineAppender(noun: string): LineAppender {
  let last: Promise<void> = Promise.resolve()
  return async (path, lines) => {
    const write = async (): Promise<void> => {
      const folder = dirname(path)
      await mkdir(folder, { recursive: true }).catch((error: unknown) => fail(`${noun} ${folder}`, folder, error))
      await appendLines(path, lines).catch((error: unknown) => fail(`${noun} ${path}`, path, error))
    }
    const mine = last.then(write)
    last = mine.catch(() => {})
    await mine
  }
}

/** Appends whole lines in one write; what a crash left of a line is cut off first, or it would spoil the next one. */
async function appendLines(path: string, lines: string): Promise<void> {
  const file = await open(path, "a+")
  try {
    const { size } = await file.stat()
    const whole = await endOfLines(file, size)
    if (whole < size) await file.truncate(whole)
    await file.appendFile(lines)
    await file.datasync()
  } finally {
    await file.close()
  }
}

/** Just after the last line break, found from the end in blocks. */
async function endOfLines(file: Awaited<ReturnType<typeof open>>, size: number): Promise<number> {
  const block = Buffer.alloc(4096)
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - block.length)
    const { bytesRead } = await file.read(block, 0, end - start, start)
    const at = block.subarray(0, bytesRead).lastIndexOf(10)
    if (at >= 0) return start + at + 1
    end = start
  }
  return 0
}

function fail(what: string, path: string, error: unknown): never {
  const code = systemCode(error)
  const kind = code === "ENOSPC" ? "disk-full" : code === "EACCES" || code === "EPERM" ? "permission" : "io"
  throw new TrimtabError(kind, `${what}: ${messageOf(error)}`, { where: path, cause: error })
}
