import type { Bench, BenchResult } from "./bench.ts"

/** The sections of a bench by name, loaded when they are run. */
export type Sections = Readonly<Record<string, () => Promise<Bench>>>

/** A bench of several sections, in their order; `only` runs one of them. */
export function sectioned(sections: Sections): Bench {
  return async (options) => {
    const names = Object.keys(sections).filter((name) => options.only === undefined || name === options.only)
    if (names.length === 0)
      throw new Error(`no section ${options.only ?? ""}; there are: ${Object.keys(sections).join(", ")}`)
    const results: BenchResult[] = []
    for (const name of names) {
      process.stderr.write(`${name} ...\n`)
      const run = await sections[name]!()
      results.push(await run(options))
    }
    return {
      summary: Object.assign({}, ...results.map((result) => result.summary)) as BenchResult["summary"],
      reasons: Object.assign({}, ...results.map((result) => result.reasons)) as BenchResult["reasons"],
      rows: results.flatMap((result) => result.rows),
    }
  }
}
