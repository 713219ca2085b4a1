import { open, type FileHandle } from "node:fs/promises"
import { basename } from "node:path"
import { createGunzip } from "node:zlib"
import { messageOf, systemCode, TrimtabError } from "../../base/errors.ts"
import { lineCutter, type LineCutter } from "./line-cutter.ts"
import type { LogPiece, LogSource, ReadOptions } from "./log-source.ts"

/** How far a file was read: kept, it lets a later process go on there. */
export interface FilePosition {
  /** The file itself, whatever its name: a log that was moved aside is known by it. */
  readonly inode: number
  /** Bytes read, whole lines only. */
  readonly offset: number
}

export interface FileSource extends LogSource {
  readonly path: string
  /** Null before the first reading. */
  readonly position: FilePosition | null
}

export interface FileSourceOptions {
  readonly path: string
  /** Where an earlier reading stopped. */
  readonly position?: FilePosition
  /** Where the log's older half is moved, `<path>.1` by default. */
  readonly movedTo?: string
}

/** Bytes that are read at once. */
const PIECE = 1 << 18

/**
 * One log file, read on from where the last reading stopped. What was moved aside meanwhile (`x.log` to `x.log.1`) is
 * read to its end first; a file that is shorter than what was read of it was emptied, and is read anew. A gzipped file is
 * whole: it is read once.
 */
export function fileSource({ path, position: from, movedTo = `${path}.1` }: FileSourceOptions): FileSource {
  let position: FilePosition | null = from ?? null
  async function* read(options: ReadOptions): AsyncIterable<LogPiece> {
    for (const file of await filesToRead(path, movedTo, position)) {
      try {
        for await (const { piece, offset } of piecesOf(file, path, options)) {
          position = { inode: file.inode, offset }
          yield piece
        }
      } finally {
        await file.handle.close()
      }
    }
  }
  return {
    path,
    name: logName(path),
    functionName: logName(path),
    read,
    get position() {
      return position
    },
  }
}

/** `detect` of `/logs/detect.log`, `detect.log.1` and `detect.log.gz`. */
export function logName(path: string): string {
  return basename(path).replace(/(\.(log|txt|json|ndjson|jsonl|csv|gz|\d+))+$/i, "")
}

interface OpenFile {
  readonly handle: FileHandle
  readonly inode: number
  /** Where to begin. */
  readonly offset: number
}

/** The files that hold what is new, oldest first. */
async function filesToRead(path: string, movedTo: string, position: FilePosition | null): Promise<OpenFile[]> {
  const current = await openAt(path)
  const moved = await openAt(movedTo).catch(() => null)
  if (current === null && moved === null)
    throw new TrimtabError("usage", `${path} does not exist`, { where: path, fix: "name a log file or a folder" })
  const files: OpenFile[] = []
  const wanted = async (file: OpenFile | null, isWanted: boolean, offset: number): Promise<void> => {
    if (file === null) return
    if (isWanted) files.push({ ...file, offset })
    else await file.handle.close()
  }
  const isCurrent = position !== null && current?.inode === position.inode
  const isMoved = position !== null && moved?.inode === position.inode
  await wanted(moved, position === null || isMoved, isMoved ? position.offset : 0)
  await wanted(current, true, isCurrent ? position.offset : 0)
  return files
}

/** Null where there is no such file. @throws TrimtabError `permission`, `usage`, `io` */
async function openAt(path: string): Promise<OpenFile | null> {
  try {
    const handle = await open(path, "r")
    const info = await handle.stat()
    if (info.isFile()) return { handle, inode: info.ino, offset: 0 }
    await handle.close()
  } catch (error) {
    const code = systemCode(error)
    if (code === "ENOENT") return null
    const kind = code === "EACCES" || code === "EPERM" ? "permission" : "io"
    throw new TrimtabError(kind, `${path} cannot be read: ${messageOf(error)}`, { where: path, cause: error })
  }
  throw new TrimtabError("usage", `${path} is no file`, { where: path })
}

interface Read {
  readonly piece: LogPiece
  readonly offset: number
}

async function* piecesOf(file: OpenFile, path: string, options: ReadOptions): AsyncIterable<Read> {
  const cutter = lineCutter()
  const { size } = await file.handle.stat()
  const from = file.offset > size ? 0 : file.offset
  let offset = from
  try {
    const gzipped = from === 0 && (await isGzipped(file.handle))
    const bytes = file.handle.createReadStream({ start: from, autoClose: false, highWaterMark: PIECE })
    for await (const chunk of gzipped ? bytes.pipe(createGunzip()) : bytes) {
      options.signal.throwIfAborted()
      const buffer = chunk as Buffer // a stream without encoding gives buffers
      const before = offset
      offset = from + bytes.bytesRead
      // A line that is half there is read again next time.
      yield { piece: { ...cutter.add(buffer), bytes: offset - before }, offset: held(offset, cutter, gzipped) }
    }
    if (options.lastLine === "take" || gzipped) yield { piece: { ...cutter.rest(), bytes: 0 }, offset }
  } catch (error) {
    if (options.signal.aborted || error instanceof TrimtabError) throw error
    throw new TrimtabError("io", `${path} cannot be read: ${messageOf(error)}`, { where: path, cause: error })
  }
}

function held(offset: number, cutter: LineCutter, gzipped: boolean): number {
  return gzipped ? offset : offset - cutter.heldBytes
}

async function isGzipped(handle: FileHandle): Promise<boolean> {
  const first = Buffer.alloc(2)
  const { bytesRead } = await handle.read(first, 0, 2, 0)
  return bytesRead === 2 && first[0] === 0x1f && first[1] === 0x8b
}
