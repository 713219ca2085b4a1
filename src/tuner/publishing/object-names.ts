import { TrimtabError } from "../../base/errors.ts"

/** Names that are also a part of a key and of a URL. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

export function isPipelineName(name: unknown): boolean {
  return typeof name === "string" && NAME.test(name)
}

/** @throws TrimtabError `usage` for a name that cannot be part of a key */
export function checkPipelineName(name: string): void {
  if (isPipelineName(name)) return
  throw new TrimtabError("usage", `"${name.slice(0, 100)}" cannot name a published pipeline`, {
    fix: "use up to 100 letters, digits, dots, dashes and underscores, a letter or digit first",
  })
}

/** Key of one version; padded, so that listings are in order. Must be what `src/client` asks for. */
export function versionKey(pipeline: string, version: number): string {
  return `tuner/${pipeline}/${String(version).padStart(9, "0")}.json`
}

/** Key of a copy of some recent version: where readers begin. */
export function currentKey(pipeline: string): string {
  return `tuner/${pipeline}/current.json`
}
