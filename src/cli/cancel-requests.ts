import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { rename, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { Clock } from "../base/clock.ts"
import { messageOf } from "../base/errors.ts"
import type { Logger } from "../base/logger.ts"
import type { Engine } from "../engine/engine.ts"

/** How often a process that executes runs looks for requests, ms. */
const EVERY_MS = 200

/** Requests to cancel runs of another process: a file each beside the journal, named after the run. */
function folderOf(stateDir: string): string {
  return join(stateDir, "cancel")
}

/** Asks whoever executes the run to end it. */
export async function askToCancel(stateDir: string, runId: string, reason: string): Promise<void> {
  const folder = folderOf(stateDir)
  mkdirSync(folder, { recursive: true })
  // Under another name until it is whole.
  const draft = join(folder, `.${runId}`)
  await writeFile(draft, reason)
  await rename(draft, join(folder, runId))
}

/** Takes a request back that nobody answered. */
export function forgetRequest(stateDir: string, runId: string): void {
  rmSync(join(folderOf(stateDir), runId), { force: true })
}

/** An engine that other processes can ask to cancel its runs. */
export function listening(
  engine: Engine,
  stateDir: string,
  on: { readonly clock: Clock; readonly logger: Logger },
): Engine {
  const folder = folderOf(stateDir)
  let stop = (): void => {}
  const look = (): void => {
    for (const runId of requestsIn(folder)) {
      const path = join(folder, runId)
      engine.cancel(runId, readFileSync(path, "utf8")).catch((error: unknown) => {
        on.logger.warn(`run ${runId} could not be cancelled: ${messageOf(error)}`)
      })
      rmSync(path, { force: true })
    }
    stop = on.clock.after(EVERY_MS, look)
  }
  look()
  return {
    ...engine,
    close: async () => {
      stop()
      await engine.close()
    },
  }
}

function requestsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => /^[0-9a-f]{32}$/.test(name))
  } catch {
    // No request was ever made.
    return []
  }
}
