/**
 * Looks for damage in the write-ahead log that an engine left when it was killed. SQLite takes a frame that does not
 * match its checksum for the end of the log, and all that comes after it is lost without a word. That is right for the
 * last commit, which a crash may have torn; anywhere before, commits that were acknowledged would be gone.
 *
 * Format: https://sqlite.org/fileformat2.html#walformat
 */
import { existsSync, readFileSync } from "node:fs"
import { TrimtabError } from "../base/errors.ts"

const HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24

/** The lowest bit of the magic number says that checksums read their words with the high byte first. */
const MAGIC = 0x377f0682

/**
 * Checks the log beside a journal; without one there is nothing to check.
 * @throws TrimtabError `journal-corrupt` when commits that were acknowledged cannot be read
 */
export function checkLog(path: string): void {
  const file = `${path}-wal`
  if (!existsSync(file)) return
  const log = readFileSync(file)
  const at = damagedAt(log)
  // A log that changes while it is read belongs to an engine that lives: the lease will say so.
  if (at === null || !existsSync(file) || !readFileSync(file).equals(log)) return
  throw new TrimtabError(
    "journal-corrupt",
    `journal ${path}: its log is damaged at byte ${at}, and later records with it`,
    {
      where: file,
      fix: "move the file and its -wal and -shm neighbours aside and start again; runs that had not ended must be started anew",
    },
  )
}

/**
 * Where a log stops making sense although commits follow that were acknowledged, bytes; null for a log that is whole or
 * torn at its end. A commit is synced before the next one begins, so only the last one may be torn: two commits at or
 * after the bad frame are one too many. O(size).
 */
export function damagedAt(log: Buffer): number | null {
  if (log.length < HEADER_BYTES + FRAME_HEADER_BYTES) return null
  const pageSize = pageSizeOf(log)
  if (pageSize === null) return null
  const frame = FRAME_HEADER_BYTES + pageSize
  const isWholeHeader =
    (log.readUInt32BE(0) & ~1) === MAGIC && sumMatches(log, { from: 0, to: 24, at: 24, seed: [0, 0] })
  let seed: Sum = isWholeHeader ? [log.readUInt32BE(24), log.readUInt32BE(28)] : [0, 0]
  let offset = HEADER_BYTES
  if (isWholeHeader)
    for (; offset + frame <= log.length; offset += frame) {
      const next = frameSum(log, offset, pageSize, seed)
      if (next === null) break
      seed = next
    }
  const bad = isWholeHeader ? offset : 0
  const salts = isWholeHeader ? log.subarray(16, 24) : saltsOfFrames(log, frame)
  return salts !== null && commitsFrom(log, { offset, frame, salts }) >= 2 ? bad : null
}

/** Checksums come in pairs of 32-bit words. */
type Sum = readonly [number, number]

/** Commits of this log's generation from a frame on, whole or not: frames of older generations have other salts. */
function commitsFrom(
  log: Buffer,
  { offset: from, frame, salts }: { readonly offset: number; readonly frame: number; readonly salts: Buffer },
): number {
  let commits = 0
  for (let offset = from; offset + frame <= log.length; offset += frame) {
    const isCommit = log.readUInt32BE(offset + 4) !== 0
    if (isCommit && log.subarray(offset + 8, offset + 16).equals(salts)) commits++
  }
  return commits
}

/** What stands in for the salts of a header that is damaged; null where the first frames do not agree. */
function saltsOfFrames(log: Buffer, frame: number): Buffer | null {
  const saltsAt = (offset: number): Buffer => log.subarray(offset + 8, offset + 16)
  const second = HEADER_BYTES + frame
  if (second + FRAME_HEADER_BYTES > log.length) return null
  return saltsAt(HEADER_BYTES).equals(saltsAt(second)) ? saltsAt(second) : null
}

/** Bytes of a page; null where the header tells none. A flipped bit leaves it no power of two. */
function pageSizeOf(log: Buffer): number | null {
  const told = log.readUInt32BE(8)
  const isPlausible = (size: number): boolean => size >= 512 && size <= 65_536 && (size & (size - 1)) === 0
  if (isPlausible(told)) return told
  // Our files have pages of SQLite's default size.
  return log.length >= HEADER_BYTES + FRAME_HEADER_BYTES + 4096 ? 4096 : null
}

/** The running checksum after a frame; null when it does not match, or the frame is of another generation. */
function frameSum(log: Buffer, offset: number, pageSize: number, seed: Sum): Sum | null {
  if (!log.subarray(offset + 8, offset + 16).equals(log.subarray(16, 24))) return null
  const header = summed(log, offset, offset + 8, seed)
  const sum = summed(log, offset + FRAME_HEADER_BYTES, offset + FRAME_HEADER_BYTES + pageSize, header)
  return sum[0] === log.readUInt32BE(offset + 16) && sum[1] === log.readUInt32BE(offset + 20) ? sum : null
}

interface Range {
  readonly from: number
  readonly to: number
  /** Where the checksum stands. */
  readonly at: number
  readonly seed: Sum
}

function sumMatches(log: Buffer, { from, to, at, seed }: Range): boolean {
  const sum = summed(log, from, to, seed)
  return sum[0] === log.readUInt32BE(at) && sum[1] === log.readUInt32BE(at + 4)
}

/** SQLite's checksum over whole pairs of words. */
function summed(log: Buffer, from: number, to: number, [first, second]: Sum): Sum {
  const isHighFirst = (log.readUInt32BE(0) & 1) === 1
  const word = isHighFirst ? (at: number): number => log.readUInt32BE(at) : (at: number): number => log.readUInt32LE(at)
  let a = first
  let b = second
  for (let at = from; at < to; at += 8) {
    a = (a + word(at) + b) >>> 0
    b = (b + word(at + 4) + a) >>> 0
  }
  return [a, b]
}
