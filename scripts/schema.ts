// Writes schema/workflow.json from the validator; with --check only says whether it is up to date.
import { readFile, writeFile } from "node:fs/promises"
import { workflowJsonSchema } from "../src/workflow/spec-schema.ts"

const file = new URL("../schema/workflow.json", import.meta.url)
const text = `${JSON.stringify(workflowJsonSchema(), null, 2)}\n`
if (process.argv.includes("--check")) {
  const current = await readFile(file, "utf8").catch(() => "")
  if (current !== text) {
    process.stderr.write("schema/workflow.json is stale: run node scripts/schema.ts\n")
    process.exitCode = 1
  }
} else {
  await writeFile(file, text)
}
