// Draws the time line of a run as an SVG file: node scripts/figure.ts .trimtab/runs/<id>.json docs/images/run.svg
import { readFile, writeFile } from "node:fs/promises"
import { gantt } from "../src/report/gantt.ts"
import { standaloneSvg } from "../src/report/svg.ts"
import type { RunResult } from "../src/workflow/run-result.ts"

const [run, target] = process.argv.slice(2)
if (run === undefined || target === undefined) throw new Error("usage: node scripts/figure.ts <run.json> <target.svg>")
const result = JSON.parse(await readFile(run, "utf8")) as RunResult
await writeFile(target, `${standaloneSvg(gantt(result, { id: "run", width: 1000 }))}\n`)
