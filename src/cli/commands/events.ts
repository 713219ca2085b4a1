import { existsSync } from "node:fs"
import { realClock } from "../../base/clock.ts"
import { TrimtabError } from "../../base/errors.ts"
import { formatMs } from "../../base/format.ts"
import { assertNever } from "../../base/assert-never.ts"
import { readEvents, type JournalEvent } from "../../engine/read-events.ts"
import { formatConfig } from "../../workflow/config.ts"
import { journalPath } from "../composition.ts"
import { loadProject } from "../config.ts"
import { EXIT } from "../exit-codes.ts"
import type { CommandContext } from "../main.ts"

export interface EventsFlags {
  readonly follow?: boolean
}

/** How often the journal is looked at, ms. */
const EVERY_MS = 200

/**
 * `trimtab events`: what became durable, a line each, of all runs or of one; `--follow` goes on until Ctrl-C. With --json
 * each line is one JSON document. Reads only.
 */
export async function events(
  { terminal, cwd, configFile, signal }: CommandContext,
  flags: EventsFlags,
  [runId]: readonly string[],
): Promise<number> {
  const path = journalPath(await loadProject({ file: configFile, cwd }))
  if (!existsSync(path))
    throw new TrimtabError("usage", `there is no journal at ${path}`, { where: path, fix: "start a run first" })
  const reader = readEvents(path, runId)
  const starts = new Map<string, number>()
  let seen = 0
  try {
    for (;;) {
      const batch = reader.next()
      for (const event of batch) {
        if (event.kind === "run-accepted") starts.set(event.runId, event.atMs)
        terminal.line({ schemaVersion: 1, ...event }, () => lineOf(event, starts.get(event.runId) ?? event.atMs))
      }
      seen += batch.length
      if (batch.length > 0) continue
      if (flags.follow !== true || signal.aborted) break
      await realClock.sleep(EVERY_MS, signal).catch(() => {})
    }
  } finally {
    reader.close()
  }
  if (seen === 0 && runId !== undefined)
    throw new TrimtabError("usage", `there is no run ${runId} in ${path}`, { where: path, fix: "see trimtab runs" })
  return signal.aborted ? EXIT.interrupted : EXIT.ok
}

function lineOf(event: JournalEvent, startMs: number): string {
  const at = formatMs(event.atMs - startMs).padStart(9)
  return `${event.runId.slice(0, 8)} ${at}  ${textOf(event)}`
}

function textOf(event: JournalEvent): string {
  switch (event.kind) {
    case "run-accepted":
      return `${event.workflow} accepted`
    case "step-decided":
      return `${executionOf(event)}: ${formatConfig(event.config)}, ${event.reason}`
    case "parts-settled": {
      const what = event.call ?? `${event.parts} ${event.parts === 1 ? "part" : "parts"}`
      const failed = event.failedTasks === 0 ? "" : `, ${event.failedTasks} failed`
      return `${executionOf(event)}: ${what} settled${failed}, ${formatMs(event.billedMs)} billed`
    }
    case "cancel-asked":
      return "cancel asked for"
    case "deadline-reached":
      return event.step === null ? "deadline reached" : `latest finish of ${event.step} reached`
    case "run-finished":
      return event.status
    default:
      return assertNever(event)
  }
}

function executionOf({ step, iteration, attempt }: { step: string; iteration: number; attempt: number }): string {
  return `${step}${iteration > 0 ? ` iteration ${iteration + 1}` : ""}${attempt > 1 ? ` attempt ${attempt}` : ""}`
}
