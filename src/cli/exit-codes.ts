import type { ErrorCode } from "../base/errors.ts"

/** What the exit code of a command means. */
export const EXIT: {
  readonly ok: 0
  readonly error: 1
  readonly usage: 2
  readonly goal: 3
  readonly permission: 4
  readonly threshold: 5
  readonly partial: 6
  readonly interrupted: 130
} = { ok: 0, error: 1, usage: 2, goal: 3, permission: 4, threshold: 5, partial: 6, interrupted: 130 }

const BY_CODE: Partial<Record<ErrorCode, number>> = {
  usage: EXIT.usage,
  "invalid-workflow": EXIT.usage,
  unsupported: EXIT.usage,
  "goal-unreachable": EXIT.goal,
  permission: EXIT.permission,
  interrupted: EXIT.interrupted,
}

/** The exit code of an error that ended a command. */
export function exitCodeOf(code: ErrorCode): number {
  return BY_CODE[code] ?? EXIT.error
}
