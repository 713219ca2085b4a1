// npm run bench -- planning [--only SECTION] [--full]
// How good and how fast plans are: generated workflows (bench/planning/generator.ts) and the published claims.
import type { Bench, BenchOptions, BenchResult } from "./bench.ts"

const SECTIONS: Readonly<Record<string, () => Promise<Bench>>> = {
  families: async () => (await import("./planning/families.ts")).bench,
  highs: async () => (await import("./planning/highs.ts")).bench,
  replan: async () => (await import("./planning/replan.ts")).bench,
  latency: async () => (await import("./planning/latency.ts")).bench,
  whole: async () => (await import("./planning/whole.ts")).bench,
  attainment: async () => (await import("./planning/attainment.ts")).bench,
  budget: async () => (await import("./planning/budget.ts")).bench,
  stepconf: async () => (await import("./planning/stepconf.ts")).bench,
}

export const bench: Bench = async (options) => {
  const names = Object.keys(SECTIONS).filter((name) => options.only === undefined || name === options.only)
  if (names.length === 0)
    throw new Error(`no section ${options.only ?? ""}; there are: ${Object.keys(SECTIONS).join(", ")}`)
  const results: BenchResult[] = []
  for (const name of names) results.push(await section(name, options))
  return {
    summary: Object.assign({}, ...results.map((result) => result.summary)) as BenchResult["summary"],
    reasons: Object.assign({}, ...results.map((result) => result.reasons)) as BenchResult["reasons"],
    rows: results.flatMap((result) => result.rows),
  }
}

async function section(name: string, options: BenchOptions): Promise<BenchResult> {
  process.stderr.write(`${name} ...\n`)
  const run = await SECTIONS[name]!()
  return await run(options)
}
