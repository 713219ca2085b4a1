import { TrimtabError } from "../base/errors.ts"
import { printable } from "../base/logger.ts"

/** Longest segment of a key, bytes of UTF-8: NAME_MAX of Linux file systems. */
const MAX_SEGMENT_BYTES = 255

/** Longest key, bytes of UTF-8: the limit of S3. */
const MAX_KEY_BYTES = 1024

/** Segments that begin so belong to the stores themselves (temp files, checksums). */
export const RESERVED_PREFIX = ".trimtab-"

/**
 * Refuses a key that would leave the store, or that not every store can hold. Throws `store-path`.
 * Keys are the same for all stores, so that a run moves from one to another.
 */
export function checkKey(key: string): void {
  const problem = key === "" ? "it is empty" : problemOf(key, key.split("/"))
  if (problem !== null) throw refusal(key, problem)
}

/** As `checkKey`, for the prefix of a listing: it may be empty, end in a slash, or end inside a segment. */
export function checkPrefix(prefix: string): void {
  const segments = prefix.split("/")
  // The last segment is unfinished: `.` may be the beginning of `.config`.
  const last = segments.pop() ?? ""
  const problem = problemOf(prefix, segments) ?? (last === ".." ? "it has a `..` segment" : null)
  if (problem !== null) throw refusal(prefix, problem)
}

/** The error for a key that a store cannot hold. */
export function refusal(key: string, problem: string): TrimtabError {
  const shown = key.length > 200 ? `${key.slice(0, 200)}...` : key
  return new TrimtabError("store-path", `the store refuses the key "${printable(shown)}": ${problem}`, {
    fix: "use a relative name of segments joined by single slashes",
  })
}

function problemOf(key: string, segments: readonly string[]): string | null {
  if (key.includes("\0")) return "it has a NUL character"
  if (key.includes("\\")) return "it has a backslash"
  if (key.startsWith("/")) return "it is absolute"
  // A lone surrogate has no UTF-8: two keys would be one file.
  if (!key.isWellFormed()) return "it is not valid Unicode"
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return `it is over ${MAX_KEY_BYTES} bytes`
  if (hidesPath(key)) return "it has a percent-encoded dot, slash, backslash or NUL"
  for (const segment of segments) {
    if (segment === "") return "it has an empty segment"
    if (segment === "." || segment === "..") return `it has a \`${segment}\` segment`
    if (segment.startsWith(RESERVED_PREFIX)) return `names beginning with ${RESERVED_PREFIX} are reserved`
    if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES) return `a segment is over ${MAX_SEGMENT_BYTES} bytes`
  }
  return null
}

/** We never decode a key, but somebody before or after us may: once, or several times. */
function hidesPath(key: string): boolean {
  let text = key
  while (/%25/.test(text)) text = text.replaceAll("%25", "%")
  return /%(?:2e|2f|5c|00)/i.test(text)
}
