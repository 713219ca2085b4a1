/**
 * What can go wrong, as one closed set. The code decides the exit code and whether a retry can help;
 * the message is for people: what, where, what to do.
 */
export type ErrorCode =
  | "usage"
  | "invalid-workflow"
  | "invalid-data"
  | "unsupported"
  | "goal-unreachable"
  | "handler-missing"
  | "handler-failed"
  | "packaging"
  | "platform-unavailable"
  | "platform-refused"
  | "port-in-use"
  | "permission"
  | "store-path"
  | "store-missing"
  | "disk-full"
  | "io"
  | "journal-corrupt"
  | "journal-mismatch"
  | "lease-lost"
  | "profile-corrupt"
  | "no-profile"
  | "missing-package"
  | "run-failed"
  | "interrupted"
  | "timeout"
  | "internal"

export interface ErrorDetails {
  /** The place in the user's world: a file and line, a step, a port. */
  readonly where?: string
  /** What the user can do about it, as one imperative clause. */
  readonly fix?: string
  readonly retryable?: boolean
  readonly cause?: unknown
}

/** The only error class of Trimtab. Expected outcomes are values; this is for what ends a command. */
export class TrimtabError extends Error {
  readonly code: ErrorCode
  readonly where: string | undefined
  readonly fix: string | undefined
  readonly retryable: boolean

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = "TrimtabError"
    this.code = code
    this.where = details.where
    this.fix = details.fix
    this.retryable = details.retryable ?? false
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The `code` of a system error (`ENOENT`, `EADDRINUSE`, ...), if it has one. */
export function systemCode(error: unknown): string | undefined {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code
  return undefined
}
