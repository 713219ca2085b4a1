// Fits the simulated AWS Lambda to the public rows in bench/simulator/data and writes its dated parameter file.
// --check only says whether the file is what a fit would write.
import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { fitLambda } from "../bench/simulator/fit/lambda.ts"

const FILE = fileURLToPath(new URL("../src/platforms/simulated/data/lambda.json", import.meta.url))

const check = process.argv.includes("--check")
const before = check ? (JSON.parse(readFileSync(FILE, "utf8")) as { date: string }) : null
const date = before?.date ?? new Date().toISOString().slice(0, 10)
const text = `${JSON.stringify(fitLambda(date), null, 2).replaceAll(/\[\s+([^[\]{}]*?)\s+\]/g, (_, inside: string) => `[${inside.replaceAll(/\s+/g, " ")}]`)}\n`
if (before === null) writeFileSync(FILE, text)
else if (readFileSync(FILE, "utf8") !== text) {
  process.stderr.write("lambda.json is not what its rows give: run node scripts/fit-simulator.ts\n")
  process.exitCode = 1
}
