import type { AuditEntry } from "./audit-log.ts"
import type { PublishOutcome } from "./publishing/config-publisher.ts"
import type { TunedWindow } from "./tuner.ts"

/** When, of which pipeline, and on how many runs. */
type Head = Pick<AuditEntry, "atMs" | "pipeline" | "runs">

/** What the audit log says of a window: objects that were refused, and what was published or overtaken. */
export function auditEntries(
  { action, decided, refused, version, tookMs }: TunedWindow,
  outcome: PublishOutcome | null,
  head: Head,
): readonly AuditEntry[] {
  const refusals = refused.map(({ key, reason }): AuditEntry => ({
    ...head,
    version,
    kind: "refused",
    key,
    why: reason,
  }))
  if (outcome === null || action.kind === "keep") return refusals
  const { how, why, moves, expected, canary } = action
  if (outcome.kind === "overtaken")
    return [...refusals, { ...head, version: outcome.newest.latest, kind: "overtaken", how, why }]
  return [
    ...refusals,
    {
      ...head,
      version: outcome.document.version,
      kind: "published",
      how,
      moves,
      canaryPercent: canary?.sharePercent ?? null,
      expected,
      changes: decided.changes,
      why,
      tookMs,
    },
  ]
}
