import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { basename, resolve } from "node:path"
import { messageOf, TrimtabError } from "../base/errors.ts"
import { isObject, type Json } from "../base/json.ts"
import type { Store } from "../stores/store.ts"

/**
 * The input of a run: the text of --input (JSON, or a file that holds JSON), else what the config says. Every
 * `{ "$file": path }` in it is copied into the store, under its content's hash, and becomes a `$ref`.
 */
export async function runInput(options: {
  readonly text?: string | undefined
  readonly configured: unknown
  readonly root: string
  readonly cwd: string
  readonly store: Store
}): Promise<Json> {
  const { store } = options
  if (options.text !== undefined) {
    const { value, folder } = await parseInput(options.text, options.cwd)
    return storeFiles(value, folder, store)
  }
  if (typeof options.configured === "string" && options.configured.endsWith(".json")) {
    const { value, folder } = await parseInput(options.configured, options.root)
    return storeFiles(value, folder, store)
  }
  return storeFiles(options.configured, options.root, store)
}

async function parseInput(text: string, cwd: string): Promise<{ value: unknown; folder: string }> {
  const file = resolve(cwd, text)
  const fromFile = existsSync(file)
  const json = fromFile ? await readFile(file, "utf8") : text
  try {
    return { value: JSON.parse(json) as unknown, folder: fromFile ? resolve(file, "..") : cwd }
  } catch (error) {
    const what = fromFile ? file : "--input"
    throw new TrimtabError("usage", `${what} is neither JSON nor a file that holds JSON: ${messageOf(error)}`, {
      where: what,
      cause: error,
    })
  }
}

async function storeFiles(value: unknown, folder: string, store: Store): Promise<Json> {
  if (Array.isArray(value)) return Promise.all(value.map((item) => storeFiles(item, folder, store)))
  if (!isObject(value)) return (value ?? null) as Json // what JSON.parse gave, or a literal of the config
  if (typeof value["$file"] === "string") return storeFile(resolve(folder, value["$file"]), store)
  const entries = Object.entries(value).map(
    async ([key, item]) => [key, await storeFiles(item, folder, store)] as const,
  )
  return Object.fromEntries(await Promise.all(entries))
}

async function storeFile(path: string, store: Store): Promise<Json> {
  if (!existsSync(path))
    throw new TrimtabError("usage", `the input names the file ${path}, which does not exist`, { where: path })
  const bytes = await readFile(path)
  const sha256 = createHash("sha256").update(bytes).digest("hex")
  const key = `input/${sha256.slice(0, 16)}/${basename(path)}`
  await store.put(key, bytes)
  return { $ref: key, bytes: bytes.length, sha256 }
}
