import { mkdir, open, readFile, rename } from "node:fs/promises"
import { join } from "node:path"
import { messageOf, systemCode, TrimtabError } from "../base/errors.ts"
import { isObject } from "../base/json.ts"
import type { TunerState } from "./adjustment/tuner-state.ts"

/** What a tuner keeps between processes. */
export interface Remembered {
  readonly state: TunerState
  /** Runs that began up to here were judged, ms since 1970. */
  readonly judgedUntilMs: number
}

/** Where a tuner keeps it. Losing it costs what was learned, never safety: the published version tells what is in force. */
export interface TunerMemory {
  /** Null where there is none, or what there is cannot be used. */
  load(): Promise<Remembered | null>
  save(remembered: Remembered): Promise<void>
}

/** In this process alone. */
export function volatileMemory(): TunerMemory {
  let kept: Remembered | null = null
  return {
    load: async () => kept,
    save: async (remembered) => {
      kept = remembered
    },
  }
}

/** In a file that is replaced whole. @throws TrimtabError `disk-full`, `permission`, `io` when it cannot be written */
export function fileMemory(folder: string, pipeline: string): TunerMemory {
  const path = join(folder, `${pipeline}.state.json`)
  return {
    load: async () => {
      try {
        const value: unknown = JSON.parse(await readFile(path, "utf8"))
        return isRemembered(value) ? value : null
      } catch {
        // Not there, or damaged: begun anew.
        return null
      }
    },
    save: async (remembered) => {
      try {
        await mkdir(folder, { recursive: true })
        const temp = `${path}.${process.pid}.tmp`
        const file = await open(temp, "w")
        await file.writeFile(JSON.stringify(remembered))
        await file.datasync()
        await file.close()
        await rename(temp, path)
      } catch (error) {
        const code = systemCode(error)
        const kind = code === "ENOSPC" ? "disk-full" : code === "EACCES" || code === "EPERM" ? "permission" : "io"
        throw new TrimtabError(kind, `${path} cannot be written: ${messageOf(error)}`, { where: path, cause: error })
      }
    },
  }
}

function isRemembered(value: unknown): value is Remembered {
  if (!isObject(value) || typeof value["judgedUntilMs"] !== "number") return false
  const state = value["state"]
  return (
    isObject(state) &&
    state["schemaVersion"] === 1 &&
    ["configs", "centre", "sums", "corrections", "heaviest", "pending"].every((field) => isObject(state[field]))
  )
}
