import { join } from "node:path"
import { TrimtabError } from "../base/errors.ts"
import { isObject } from "../base/json.ts"
import { lineAppender, lineFileText } from "../profiling/line-file.ts"
import type { Change } from "./adjustment/content-change.ts"
import type { Move } from "./adjustment/decide.ts"
import type { ChangeKind } from "./adjustment/tuner-state.ts"
import type { ExpectedEffect } from "./adjustment/worse.ts"

/** One line of the audit log: what was done to what functions look up, and why. */
export type AuditEntry =
  | (AuditHead & {
      readonly kind: "published"
      readonly how: ChangeKind
      readonly moves: readonly Move[]
      readonly canaryPercent: number | null
      readonly expected: ExpectedEffect | null
      /** What had changed in the functions or their order, where a search was set off by it. */
      readonly changes: readonly Change[]
      readonly why: string
      /** From the end of reading the window's runs to the published version, ms. */
      readonly tookMs: number
    })
  /** Somebody else published in between: what was worked out is not applied. */
  | (AuditHead & { readonly kind: "overtaken"; readonly how: ChangeKind; readonly why: string })
  /** A published object that nobody should use. */
  | (AuditHead & { readonly kind: "refused"; readonly key: string; readonly why: string })

interface AuditHead {
  /** Wall time, ms since 1970. */
  readonly atMs: number
  readonly pipeline: string
  readonly version: number
  /** Complete runs of the window behind it. */
  readonly runs: number
}

/** Append-only NDJSON: entries are added, never changed. */
export interface AuditLog {
  append(entry: AuditEntry): Promise<void>
  /** Oldest first; a line that a crash tore is left out. @throws TrimtabError `invalid-data` naming a damaged line */
  entries(): Promise<readonly AuditEntry[]>
}

const NOUN = "audit log"

/** The audit log of one pipeline, in a folder. Every entry is durable when `append` returns. */
export function auditLog(folder: string, pipeline: string): AuditLog {
  const path = join(folder, `${pipeline}.audit.ndjson`)
  const append = lineAppender(NOUN)
  return {
    append: async (entry) => await append(path, `${JSON.stringify({ v: 1, ...entry })}\n`),
    entries: async () => {
      const text = await lineFileText(path, NOUN)
      const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n")
      return lines.flatMap((line, i) => (line === "" ? [] : [entryOf(line, `${path}:${i + 1}`)]))
    },
  }
}

function entryOf(line: string, where: string): AuditEntry {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    value = null
  }
  const kinds = ["published", "overtaken", "refused"]
  if (!isObject(value) || value["v"] !== 1 || !kinds.includes(String(value["kind"])))
    throw new TrimtabError("invalid-data", `${where}: no entry of the audit log`, { where, fix: "remove that line" })
  const { v: _, ...entry } = value
  // Written by `append`, whole: torn lines are cut off before.
  return entry as unknown as AuditEntry
}
