import { messageOf, systemCode, TrimtabError } from "../base/errors.ts"

/** The error for an object that is not there. */
export function missingObject(key: string): TrimtabError {
  return new TrimtabError("store-missing", `the store has no object "${key}"`, {
    fix: "check the key, and that both sides use the same store",
  })
}

/** Turns an error of the file system into ours, with a code that says whether a retry can help. */
export function storeError(error: unknown, doing: string): unknown {
  const code = systemCode(error)
  if (error instanceof TrimtabError || code === undefined) return error
  const details = { where: doing, cause: error }
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return new TrimtabError("disk-full", `cannot ${doing}: the disk is full (${code})`, {
        ...details,
        fix: "free some space; nothing was half-written",
        retryable: true,
      })
    case "EROFS":
      return new TrimtabError("io", `cannot ${doing}: the file system is read-only`, {
        ...details,
        fix: "put the store on a writable file system",
      })
    case "EACCES":
    case "EPERM":
      return new TrimtabError("permission", `cannot ${doing}: permission denied (${code})`, {
        ...details,
        fix: "give this user access to the folder of the store",
      })
    default:
      return new TrimtabError("io", `cannot ${doing}: ${messageOf(error)}`, { ...details, retryable: code === "EIO" })
  }
}
