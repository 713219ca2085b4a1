import { z } from "zod"
import { TrimtabError } from "../../base/errors.ts"
import type { Chance } from "./chance.ts"

/**
 * What goes wrong, as data. Each fault strikes a share of the invocations in a window of virtual time; an outage is a
 * fault with share 1. Of several the first that strikes counts.
 */
export interface Fault {
  readonly kind: FaultKind
  /** Share of the invocations that it strikes, in [0, 1]; 1 where absent. */
  readonly share?: number
  /** Only this function. */
  readonly function?: string
  /** Window, ms since the start of the simulation. */
  readonly fromMs?: number
  readonly untilMs?: number
  /** How late, for `late` and `duplicate`; how soon to come again, for `throttled`, ms. */
  readonly delayMs?: number
  /** How much slower, for `slow` and `store-slow`. */
  readonly factor?: number
  /** Of an `error`. */
  readonly errorType?: string
}

export type FaultKind =
  /** 429. */
  | "throttled"
  /** 5xx before anything ran. */
  | "unavailable"
  /** The instance dies halfway, before the effect; the caller's connection is cut. */
  | "crash-before"
  /** The effect is done and the output kept, then the instance dies; the caller's connection is cut. */
  | "crash-after"
  | "timeout"
  | "out-of-memory"
  /** The handler throws. */
  | "error"
  /** The answer is none of the wrapper's. */
  | "bad-answer"
  /** The answer comes late. */
  | "late"
  /** The request is delivered twice: the function runs twice, the caller hears the first answer. */
  | "duplicate"
  /** Compute takes a multiple. */
  | "slow"
  | "store-slow"
  /** A read or write of the store fails for good. */
  | "store-failed"

/** A jump of the wall clock at an instant of virtual time; durations do not move. */
export interface ClockJump {
  readonly atMs: number
  readonly byMs: number
}

export interface FaultPlan {
  readonly faults: readonly Fault[]
  readonly clockJumps: readonly ClockJump[]
}

export const NO_FAULTS: FaultPlan = { faults: [], clockJumps: [] }

const KINDS: readonly FaultKind[] = [
  "throttled",
  "unavailable",
  "crash-before",
  "crash-after",
  "timeout",
  "out-of-memory",
  "error",
  "bad-answer",
  "late",
  "duplicate",
  "slow",
  "store-slow",
  "store-failed",
]

const schema = z.strictObject({
  faults: z
    .array(
      z.strictObject({
        kind: z.enum(KINDS as [FaultKind, ...FaultKind[]]),
        share: z.number().min(0).max(1).optional(),
        function: z.string().optional(),
        fromMs: z.number().min(0).optional(),
        untilMs: z.number().min(0).optional(),
        delayMs: z.number().min(0).optional(),
        factor: z.number().positive().optional(),
        errorType: z.string().optional(),
      }),
    )
    .default([]),
  clockJumps: z.array(z.strictObject({ atMs: z.number().min(0), byMs: z.number() })).default([]),
})

/**
 * Reads a file of faults; `source` names it in messages.
 * @throws TrimtabError `usage` with the place and what is wrong there
 */
export function parseFaults(value: unknown, source: string): FaultPlan {
  const parsed = schema.safeParse(value)
  if (parsed.success) {
    const faults = parsed.data.faults.map((fault) =>
      Object.fromEntries(Object.entries(fault).filter(([, field]) => field !== undefined)),
    )
    // What the schema let through, without the keys that are undefined.
    return { faults: faults as unknown as Fault[], clockJumps: parsed.data.clockJumps }
  }
  const { path, message } = parsed.error.issues[0]!
  throw new TrimtabError("usage", `${source}: ${path.join(".")}: ${message}`, {
    where: source,
    fix: `faults are ${KINDS.join(", ")}`,
  })
}

const FAULT_SALT = 0x0f17

/** The faults as they strike: always the same for one key, whatever else happens. */
export function faultStriking(
  faults: readonly Fault[],
  at: { readonly functionName: string; readonly nowMs: number; readonly key: string; readonly repeat: number },
  chance: Chance,
): Fault | null {
  if (faults.length === 0) return null
  chance.begin(at.key, FAULT_SALT + at.repeat)
  for (const fault of faults) {
    // Drawn for every fault, so that one that is out of its window does not shift the others.
    const u = chance.next()
    if (fault.function !== undefined && fault.function !== at.functionName) continue
    if (at.nowMs < (fault.fromMs ?? 0) || at.nowMs >= (fault.untilMs ?? Infinity)) continue
    if (u < (fault.share ?? 1)) return fault
  }
  return null
}
