// npm run experiments -- [NAME ...] [--smoke] [--json] [--out FOLDER]
// Repeats the figures and tables of both papers. Progress goes to stderr; figures into docs/figures, claims beside ours
// into docs/reproduction.md. With --smoke everything is as small as can be and nothing is written.
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import { standaloneSvg } from "../src/report/svg.ts"
import { type ClaimGroup, withClaims } from "./claims-table.ts"
import type { Experiment, Findings } from "./experiment.ts"
import { EXPERIMENTS } from "./experiments.ts"

const ROOT = resolve(import.meta.dirname, "..")
const PAGE = join(ROOT, "docs", "reproduction.md")

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    smoke: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    out: { type: "string", default: join(ROOT, "docs", "figures") },
  },
})
const unknown = positionals.filter((name) => !EXPERIMENTS.some((experiment) => experiment.name === name))
if (unknown.length > 0) {
  const names = EXPERIMENTS.map(({ name }) => name).join(", ")
  process.stderr.write(`there is no experiment ${unknown.join(", ")}; there are: ${names}\n`)
  process.exitCode = 2
} else await runAll(EXPERIMENTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name)))

async function runAll(experiments: readonly Experiment[]): Promise<void> {
  const groups: ClaimGroup[] = []
  const found: Record<string, Findings> = {}
  for (const experiment of experiments) {
    process.stderr.write(`${experiment.of}\n`)
    const size = values.smoke ? "smoke" : "whole"
    const findings = await experiment.run({ size, progress: (text) => void process.stderr.write(`  ${text}\n`) })
    found[experiment.name] = findings
    groups.push({ ...experiment, claims: findings.claims, figures: Object.keys(findings.figures) })
    if (!values.smoke) await writeFigures(findings)
  }
  if (values.json) {
    const plain = Object.entries(found).map(([name, { claims, summary, rows }]) => ({ name, claims, summary, rows }))
    process.stdout.write(`${JSON.stringify({ schemaVersion: 1, experiments: plain }, null, 2)}\n`)
  } else
    for (const { of, claims } of groups) {
      process.stdout.write(`${of}\n`)
      for (const { claim, paper, ours } of claims)
        process.stdout.write(`  ${claim}\n    paper: ${paper}\n    ours:  ${ours}\n`)
    }
  if (!values.smoke) {
    const order = EXPERIMENTS.map(({ name }) => name)
    await writeFile(PAGE, withClaims(await readFile(PAGE, "utf8"), groups, order))
  }
}

async function writeFigures({ figures }: Findings): Promise<void> {
  await mkdir(values.out, { recursive: true })
  for (const [name, figure] of Object.entries(figures))
    await writeFile(join(values.out, `${name}.svg`), `${standaloneSvg(figure)}\n`)
}
