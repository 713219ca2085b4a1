import { mkdir, open, readFile } from "node:fs/promises"
import { join } from "node:path"
import { messageOf, systemCode, TrimtabError } from "../base/errors.ts"
import type { Profile, Sample } from "../estimation/sample.ts"
import { parseProfile, profileLine } from "./profile-lines.ts"

/** The profiles of all functions: appended to, never rewritten. */
export interface ProfileStore {
  /** Everything measured of a function, oldest first; empty when nothing was. Throws `profile-corrupt`. */
  read(functionName: string): Promise<Profile>
  append(functionName: string, samples: readonly Sample[]): Promise<void>
}

/** Profiles as files `<directory>/<function>.ndjson`, one sample a line. */
export function profileStore(directory: string): ProfileStore {
  // Names come from workflow specs, which allow no separators; anything else is escaped all the same.
  const pathOf = (functionName: string): string => join(directory, `${encodeURIComponent(functionName)}.ndjson`)
  /** Appends of one process wait for each other, so that nobody takes a line on its way for a torn one. */
  let last: Promise<void> = Promise.resolve()
  return {
    read: async (functionName) => {
      const path = pathOf(functionName)
      return { functionName, samples: parseProfile(await textOf(path), path) }
    },
    append: async (functionName, samples) => {
      if (samples.length === 0) return
      const write = async (): Promise<void> => {
        await mkdir(directory, { recursive: true }).catch((error: unknown) => fail(directory, error))
        const path = pathOf(functionName)
        await appendLines(path, samples.map(profileLine).join("")).catch((error: unknown) => fail(path, error))
      }
      const mine = last.then(write)
      last = mine.catch(() => {})
      await mine
    },
  }
}

/** Profiles in memory, for tests and for runs that keep nothing. */
export function memoryProfileStore(): ProfileStore {
  const samples = new Map<string, Sample[]>()
  return {
    read: (functionName) => Promise.resolve({ functionName, samples: [...(samples.get(functionName) ?? [])] }),
    append: (functionName, added) => {
      samples.set(functionName, [...(samples.get(functionName) ?? []), ...added])
      return Promise.resolve()
    },
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8")
  } catch (error) {
    return systemCode(error) === "ENOENT" ? "" : fail(path, error)
  }
}

/** Appends whole lines in one write; what a crash left of a line is cut off first, or it would spoil the next one. */
async function appendLines(path: string, lines: string): Promise<void> {
  const file = await open(path, "a+")
  try {
    const { size } = await file.stat()
    const whole = await endOfLines(file, size)
    if (whole < size) await file.truncate(whole)
    await file.appendFile(lines)
    await file.datasync()
  } finally {
    await file.close()
  }
}

/** Just after the last line break, found from the end in blocks. */
async function endOfLines(file: Awaited<ReturnType<typeof open>>, size: number): Promise<number> {
  const block = Buffer.alloc(4096)
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - block.length)
    const { bytesRead } = await file.read(block, 0, end - start, start)
    const at = block.subarray(0, bytesRead).lastIndexOf(10)
    if (at >= 0) return start + at + 1
    end = start
  }
  return 0
}

function fail(path: string, error: unknown): never {
  const code = systemCode(error)
  const kind = code === "ENOSPC" ? "disk-full" : code === "EACCES" || code === "EPERM" ? "permission" : "io"
  throw new TrimtabError(kind, `profile ${path}: ${messageOf(error)}`, { where: path, cause: error })
}
