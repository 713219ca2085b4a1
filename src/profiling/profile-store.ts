import { join } from "node:path"
import type { Profile, Sample } from "../estimation/sample.ts"
import { lineAppender, lineFileText } from "./line-file.ts"
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
  const append = lineAppender("profile")
  return {
    read: async (functionName) => {
      const path = pathOf(functionName)
      return { functionName, samples: parseProfile(await lineFileText(path, "profile"), path) }
    },
    append: async (functionName, samples) => {
      if (samples.length > 0) await append(pathOf(functionName), samples.map(profileLine).join(""))
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
