import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { basename, join, resolve } from "node:path"
import type { Json } from "../../src/base/json.ts"
import { fitOperationModel } from "../../src/estimation/operation/operation-model.ts"
import { operationModelFile } from "../../src/estimation/operation/operation-model-file.ts"
import { DATA_FOLDER } from "./measure/data-file.ts"
import { newestFunctionSet, newestPath } from "./functions/newest.ts"

/** Where the product keeps the models that it ships, and what names them. */
const SHIPPED = resolve(import.meta.dirname, "../../src/estimation/data")
const INDEX = resolve(import.meta.dirname, "../../src/estimation/operation/shipped-local.ts")

export interface OperationModelOptions {
  /** Where the function set lies. */
  readonly from?: string
  /** Where the model goes. */
  readonly to?: string
  /** The module that names the model which is shipped. */
  readonly index?: string
}

/**
 * Fits the operation model to the newest function set and writes `operation-model-local-YYYY-MM-DD.json`, dated like the
 * measurement, and the module that names it as what is shipped; returns the path of the data.
 */
export async function writeOperationModel({
  from = DATA_FOLDER,
  to = SHIPPED,
  index = INDEX,
}: OperationModelOptions = {}): Promise<string> {
  const source = newestPath("functions", from)
  const data = newestFunctionSet("functions", from)
  if (source === null || data === null) throw new Error("there is no functions-<date>.json: measure it first")
  const { enforcement: _, ...platform } = data.platform
  const model = fitOperationModel({ platform, functions: data.functions })
  const path = join(to, `operation-model-local-${data.measuredAt}.json`)
  await writeFile(path, `${JSON.stringify(operationModelFile(model, originOf(source, data.origin)), null, 1)}\n`)
  await writeFile(index, indexOf(basename(path)))
  process.stderr.write(`wrote ${path}: ${data.functions.length} functions\n`)
  return path
}

function indexOf(file: string): string {
  return `// Written by \`npm run bench -- estimation --measure operation-model\`: names the model that is shipped.
import model from "../data/${file}" with { type: "json" }

/** The model of the local platform as data; null before one was measured. */
export const SHIPPED_LOCAL: unknown = model
`
}

/** The measurement without its size and without what only it needs. */
function originOf(path: string, origin: Readonly<Record<string, Json>>): Record<string, Json> {
  const wanted = ["measuredOn", "date", "cores", "cpu", "node", "enforcement", "vcpuScale", "minutes", "licence"]
  return {
    content: "operation model fitted to functions composed of basic operations; by bench estimation --measure",
    data: basename(path),
    sha256: createHash("sha256").update(readFileSync(path)).digest("hex"),
    ...Object.fromEntries(wanted.flatMap((name) => (origin[name] === undefined ? [] : [[name, origin[name]]]))),
  }
}

/** `--measure operation-model`: renews what the product ships. */
export async function measureOperationModel(): Promise<void> {
  await writeOperationModel()
}
