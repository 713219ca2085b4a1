import type { SampleOutcome } from "../../estimation/sample.ts"
import type { LoggedInvocation } from "./logged-item.ts"

/** All that is known of one request. */
export interface Entry {
  readonly requestId: string
  logged: Kept | null
  runId: string | null
  configVersion: number | null
  ending: SampleOutcome | null
}

/** What is kept of a report. */
export type Kept = Pick<LoggedInvocation, "invocation" | "form" | "dated">

/** When it ended by its own clock; 0 where no report is there. */
export function endOf({ logged }: Entry): number {
  return logged?.invocation.endMs ?? 0
}

/** Two tries of one request are further apart, ms: they may take equally long, as those that time out do. */
const APART_MS = 500

/** The same invocation, told twice: REPORT lines round to hundredths of a millisecond. */
export function isSame(a: Kept, b: Pick<LoggedInvocation, "invocation" | "dated">): boolean {
  const isApart = a.dated && b.dated && Math.abs(a.invocation.endMs - b.invocation.endMs) > APART_MS
  const { durationMs, memoryMB } = b.invocation
  return !isApart && Math.abs(a.invocation.durationMs - durationMs) < 0.011 && a.invocation.memoryMB === memoryMB
}

/** Of names that come again and again one copy is enough. */
const MOST_NAMES = 100_000

const names = new Map<string, string>()

function nameOf(text: string): string {
  const known = names.get(text)
  if (known !== undefined) return known
  if (names.size < MOST_NAMES) names.set(text, text)
  return text
}

/** A report without what is not kept of it. */
export function kept({ invocation, form, dated }: LoggedInvocation, requestId: string): Kept {
  const { functionName, source, step } = invocation
  return {
    form,
    dated,
    invocation: {
      ...invocation,
      requestId,
      functionName: nameOf(functionName),
      source: nameOf(source),
      ...(step !== undefined && { step: nameOf(step) }),
    },
  }
}
