import { TrimtabError } from "../base/errors.ts"

/** Says which function of the workflow a row of a file is about. */
export interface FunctionChooser {
  /** The function's name; null for a row of a function that is not asked for. @throws TrimtabError `usage` */
  nameFor(named: string | null, file: string): string | null
  /** The error when no row of any file was of a function of the workflow. */
  nothing(files: string): TrimtabError
}

/**
 * A name in the file counts when the workflow has it. Otherwise `wanted` does, if given, or the workflow's only
 * function if the file names none. Deployed names are rarely those of the workflow: `--function` translates them.
 */
export function functionChooser(functions: readonly string[], wanted: string | undefined): FunctionChooser {
  if (wanted !== undefined && !functions.includes(wanted))
    throw new TrimtabError("usage", `the workflow has no function ${wanted}; it has ${functions.join(", ")}`, {
      fix: "name a function of the workflow with --function",
    })
  const foreign = new Set<string>()
  return {
    nameFor: (named, file) => {
      if (named !== null && functions.includes(named)) return wanted === undefined || wanted === named ? named : null
      if (wanted !== undefined) return wanted
      if (named !== null) {
        foreign.add(named)
        return null
      }
      if (functions.length === 1) return functions[0]!
      throw new TrimtabError(
        "usage",
        `${file}: it does not say which function it is of; give --function ${functions.join("|")}`,
        { where: file, fix: "give --function" },
      )
    },
    nothing: (files) => {
      const of = foreign.size === 0 ? "other functions" : [...foreign].slice(0, 5).join(", ")
      const message = `${files}: measurements of ${of}, and the workflow has ${functions.join(", ")}; say which it is with --function`
      return new TrimtabError("usage", message, { where: files, fix: "give --function" })
    },
  }
}
