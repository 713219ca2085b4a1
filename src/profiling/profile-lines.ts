import { TrimtabError } from "../base/errors.ts"
import { isObject } from "../base/json.ts"
import { validateSample } from "../estimation/sample-validation.ts"
import type { Sample } from "../estimation/sample.ts"

/** Version of a profile's lines. */
export const PROFILE_VERSION = 1 as const

/** One line of a profile file, with its line break. */
export function profileLine(sample: Sample): string {
  return `${JSON.stringify({ v: PROFILE_VERSION, ...sample })}\n`
}

/**
 * The samples in the text of a profile file. A last line without a line break was torn by a crash and is left out.
 * @throws TrimtabError `profile-corrupt` with file and line for any other line that is no sample.
 */
export function parseProfile(text: string, path: string): Sample[] {
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n")
  return lines.flatMap((line, index) => (line === "" ? [] : [parseLine(line, `${path}:${index + 1}`)]))
}

function parseLine(line: string, where: string): Sample {
  let row: unknown
  try {
    row = JSON.parse(line)
  } catch (cause) {
    throw corrupt(where, "not JSON", cause)
  }
  if (!isObject(row)) throw corrupt(where, "not an object")
  const { v, ...fields } = row
  if (typeof v === "number" && v > PROFILE_VERSION) throw newer(where, v)
  if (v !== PROFILE_VERSION) throw corrupt(where, `version ${JSON.stringify(v) ?? "missing"}, not ${PROFILE_VERSION}`)
  const checked = validateSample(fields)
  if (checked.kind === "rejected") throw corrupt(where, checked.reason)
  return checked.sample
}

function newer(where: string, version: number): TrimtabError {
  const message = `${where}: written by a newer trimtab (profile version ${version}, this one reads ${PROFILE_VERSION}); update trimtab`
  return new TrimtabError("profile-corrupt", message, { where, fix: "update trimtab" })
}

function corrupt(where: string, reason: string, cause?: unknown): TrimtabError {
  return new TrimtabError("profile-corrupt", `${where}: no sample: ${reason}`, {
    where,
    fix: "delete that line, or delete the file and profile again",
    cause,
  })
}
