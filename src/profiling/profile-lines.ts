import { TrimtabError } from "../base/errors.ts"
import { validateSample } from "../estimation/sample-validation.ts"
import type { Sample } from "../estimation/sample.ts"
import { type Line, parseLines, versionedLine } from "./versioned-lines.ts"

/** Version of a profile's lines. */
export const PROFILE_VERSION = 1 as const

/** One line of a profile file, with its line break. */
export function profileLine(sample: Sample): string {
  return versionedLine(PROFILE_VERSION, sample)
}

/** The samples in the text of a profile file; see `parseLines`. */
export function parseProfile(text: string, path: string): Sample[] {
  return parseLines(text, path, { noun: "sample", read: sampleOf })
}

function sampleOf(fields: Readonly<Record<string, unknown>>, { version, where, corrupt }: Line): Sample {
  if (typeof version === "number" && version > PROFILE_VERSION) throw newer(where, version)
  if (version !== PROFILE_VERSION)
    throw corrupt(`version ${JSON.stringify(version) ?? "missing"}, not ${PROFILE_VERSION}`)
  const checked = validateSample(fields)
  if (checked.kind === "rejected") throw corrupt(checked.reason)
  return checked.sample
}

function newer(where: string, version: number): TrimtabError {
  const message = `${where}: written by a newer trimtab (profile version ${version}, this one reads ${PROFILE_VERSION}); update trimtab`
  return new TrimtabError("profile-corrupt", message, { where, fix: "update trimtab" })
}
