import { basename } from "node:path"
import { TrimtabError } from "../base/errors.ts"
import type { Json } from "../base/json.ts"
import { isFileRef } from "../protocol/envelope.ts"
import type { Store } from "../stores/store.ts"
import { failureOf, type Failure } from "./failure.ts"
import { inParallel } from "./in-parallel.ts"
import type { IndexedTask, TaskEnd } from "./run-tasks.ts"

/** Where a part's files come from and go to. */
export interface TransferPlace {
  readonly store: Store
  /** Folder of this machine for downloads. */
  readonly folder: string
  /** Prefix of the keys of uploads, without a slash at its end. */
  readonly prefix: string
  /** Counts an object that went over the wire. */
  readonly count: (bytes: number) => void
  readonly signal: AbortSignal
}

/** Tasks whose files are here, and those whose files could not be had. */
export interface Downloaded {
  readonly tasks: readonly IndexedTask[]
  readonly failed: readonly TaskEnd[]
}

/** Fetches every file that a task names, each once however many tasks name it, and adds `path` beside its `$ref`. */
export async function downloadFiles(tasks: readonly IndexedTask[], place: TransferPlace): Promise<Downloaded> {
  const wanted = new Map<string, string>()
  for (const { task } of tasks) {
    mapFiles(task, (file) => {
      wanted.set(file.$ref, file.sha256)
      return null
    })
  }
  const got = new Map<string, string | Failure>()
  await inParallel([...wanted], async ([key, sha256], index) => {
    got.set(key, await download(key, { ...place, folder: `${place.folder}/${index}` }, sha256))
  })
  const failed: TaskEnd[] = []
  const ready: IndexedTask[] = []
  for (const { index, task } of tasks) {
    let failure: Failure | null = null
    const local = mapFiles(task, (file) => {
      const path = got.get(file.$ref)
      if (typeof path === "string") return { ...file, path }
      failure ??= path ?? null
      return null
    })
    if (failure === null) ready.push({ index, task: local })
    else failed.push({ index, failure })
  }
  return { tasks: ready, failed }
}

/** Uploads the files in a result and puts their `$ref`s in their place; a file of the store loses its local path. */
export async function uploadFiles(end: TaskEnd, place: TransferPlace): Promise<TaskEnd> {
  if ("failure" in end || !end.json.includes('"$ref"')) return end
  try {
    const result: Json = JSON.parse(end.json)
    const paths = new Set<string>()
    mapFiles(result, (file) => {
      if (file.$ref === "" && typeof file.path === "string") paths.add(file.path)
      return null
    })
    const uploaded = new Map<string, Json>()
    const failures: Failure[] = []
    await inParallel([...paths], async (path, n) => {
      try {
        uploaded.set(path, await upload(`${place.prefix}/${end.index}.${n}/${keyName(path)}`, path, place))
      } catch (error) {
        failures.push(failureOf(error))
      }
    })
    if (failures[0] !== undefined) return { index: end.index, failure: failures[0] }
    const stored = mapFiles(result, ({ path, ...file }) => {
      if (file.$ref !== "" || typeof path !== "string") return file
      return uploaded.get(path) ?? null
    })
    return { index: end.index, json: JSON.stringify(stored) }
  } catch (error) {
    return { index: end.index, failure: failureOf(error) }
  }
}

/** A file in JSON: what `isFileRef` finds, with the local path that the wrapper adds. */
type FileJson = { readonly $ref: string; readonly sha256: string; readonly path?: Json }

/** The value with each file in it replaced by what `change` makes of it. */
function mapFiles(value: Json, change: (file: FileJson) => Json): Json {
  if (typeof value !== "object" || value === null) return value
  if (isFileRef(value)) return change(value)
  if (isList(value)) return value.map((item) => mapFiles(item, change))
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapFiles(item, change)]))
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

async function download(key: string, place: TransferPlace, sha256: string): Promise<string | Failure> {
  try {
    const path = `${place.folder}/${basename(key)}`
    const info = await place.store.getFile(key, path, place.signal)
    if (sha256 !== "" && info.sha256 !== sha256) throw changed(key)
    place.count(info.sizeBytes)
    return path
  } catch (error) {
    return failureOf(error)
  }
}

async function upload(key: string, path: string, place: TransferPlace): Promise<Json> {
  const info = await place.store.putFile(key, path, place.signal)
  place.count(info.sizeBytes)
  return { $ref: info.key, bytes: info.sizeBytes, sha256: info.sha256 }
}

/** The file's own name, so that the next step sees it again, without what keys may not have. */
function keyName(path: string): string {
  // oxlint-disable-next-line no-control-regex -- NUL is one of the characters that a key may not have
  return basename(path).replaceAll(/[%\\\u0000]|^\.trimtab-/g, "_")
}

function changed(key: string): TrimtabError {
  return new TrimtabError("io", `the object "${key}" is not the one that the task names: its SHA-256 differs`, {
    fix: "do not write to objects that a running workflow uses",
  })
}
