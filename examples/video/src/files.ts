import type { FileRef } from "../../../src/index.ts"

/** A file handed on unread: without the path, which means nothing to the next step. */
export type PassedFile = Omit<FileRef, "path">

/** Hands a file on to the next step. */
export function passOn(file: FileRef): PassedFile {
  return { $ref: file.$ref, bytes: file.bytes, sha256: file.sha256 }
}
