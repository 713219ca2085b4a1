import { createReadStream } from "node:fs"
import { open } from "node:fs/promises"
import { pipeline } from "node:stream/promises"
import { StringDecoder } from "node:string_decoder"
import { createGunzip } from "node:zlib"
import { messageOf, systemCode, TrimtabError } from "../base/errors.ts"

/** A text file that is read a line at a time, plain or gzipped, as often as one likes. */
export interface TextFile {
  readonly path: string
  /** On the disk. */
  readonly sizeBytes: number
  readonly changedMs: number
  /** Its first characters. */
  readonly head: string
  /** Lines without their ends. What is appended after the file was opened is left out. */
  lines(onBytes?: (readBytes: number) => void): AsyncIterable<string>
}

/** Characters at the beginning that are looked at to tell what a file is. */
const HEAD = 65_536

/** Longest line, characters: a whole document may stand on one. */
const MAX_LINE = 64_000_000

/** @throws TrimtabError `usage` when there is no such file or it holds no text, `permission` when it may not be read */
export async function openTextFile(path: string): Promise<TextFile> {
  const { first, sizeBytes, changedMs } = await beginning(path)
  const source: Source = { path, sizeBytes, gzipped: first[0] === 0x1f && first[1] === 0x8b }
  let head = ""
  for await (const text of texts(source)) {
    head += text
    if (head.length >= HEAD) break
  }
  if (head.includes("\u0000"))
    throw new TrimtabError("usage", `${path} is no text file; give a log, CSV or JSON file in UTF-8`, { where: path })
  return { path, sizeBytes, changedMs, head: head.slice(0, HEAD), lines: (onBytes) => linesOf(source, onBytes) }
}

interface Source {
  readonly path: string
  readonly sizeBytes: number
  readonly gzipped: boolean
}

async function beginning(path: string): Promise<{ first: Buffer; sizeBytes: number; changedMs: number }> {
  try {
    const file = await open(path, "r")
    try {
      const info = await file.stat()
      if (!info.isFile()) throw new TrimtabError("usage", `${path} is no file`, { where: path })
      const first = Buffer.alloc(2)
      await file.read(first, 0, 2, 0)
      return { first, sizeBytes: info.size, changedMs: info.mtimeMs }
    } finally {
      await file.close()
    }
  } catch (error) {
    throw unreadable(path, error)
  }
}

function unreadable(path: string, error: unknown): TrimtabError {
  if (error instanceof TrimtabError) return error
  const code = systemCode(error)
  if (code === "ENOENT") return new TrimtabError("usage", `${path} does not exist`, { where: path, cause: error })
  const kind = code === "EACCES" || code === "EPERM" ? "permission" : "io"
  return new TrimtabError(kind, `${path} cannot be read: ${messageOf(error)}`, { where: path, cause: error })
}

/** The file's text in pieces. */
async function* texts({ path, sizeBytes, gzipped }: Source, onBytes?: (bytes: number) => void): AsyncIterable<string> {
  if (sizeBytes === 0) return
  const file = createReadStream(path, { end: sizeBytes - 1, highWaterMark: 1 << 18 })
  const decoder = new StringDecoder("utf8")
  const report = (): void => onBytes?.(file.bytesRead)
  try {
    if (gzipped) {
      const gunzip = createGunzip()
      // A failure of the pipeline also ends the loop below, with the same error.
      void pipeline(file, gunzip).catch(() => {})
      for await (const chunk of gunzip) {
        report()
        yield decoder.write(chunk as Buffer) // a stream without encoding gives buffers
      }
    } else {
      for await (const chunk of file) {
        report()
        yield decoder.write(chunk as Buffer)
      }
    }
    yield decoder.end()
  } catch (error) {
    throw unreadable(path, error)
  } finally {
    file.destroy()
  }
}

async function* linesOf(source: Source, onBytes?: (bytes: number) => void): AsyncIterable<string> {
  let pieces: string[] = []
  let length = 0
  for await (const text of texts(source, onBytes)) {
    let from = 0
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
      pieces.push(text.slice(from, end))
      yield withoutReturn(pieces.length === 1 ? pieces[0]! : pieces.join(""))
      pieces = []
      length = 0
      from = end + 1
    }
    if (from < text.length) pieces.push(text.slice(from))
    length += text.length - from
    if (length > MAX_LINE)
      throw new TrimtabError("invalid-data", `${source.path} has a line of more than ${MAX_LINE / 1e6} MB`, {
        where: source.path,
      })
  }
  if (pieces.length > 0) yield withoutReturn(pieces.join(""))
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line
}
