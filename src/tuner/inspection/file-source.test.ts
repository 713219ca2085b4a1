import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { afterEach, beforeEach, expect, test } from "vitest"
import { fileSource, logName, type FileSource } from "./file-source.ts"
import { logFiles } from "./log-files.ts"
import { lineCutter } from "./line-cutter.ts"
import type { LogSource, ReadOptions } from "./log-source.ts"

let folder = ""
let path = ""

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "trimtab-logs-"))
  path = join(folder, "detect.log")
})
afterEach(async () => await rm(folder, { recursive: true }))

async function linesOf(source: LogSource, lastLine: ReadOptions["lastLine"] = "hold"): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const piece of source.read({ signal: new AbortController().signal, lastLine })) lines.push(...piece.lines)
  return lines
}

test("each reading gives what is new, and a half-written line only when it is whole", async () => {
  await writeFile(path, "a\nb\nhal")
  const source = fileSource({ path })
  expect(await linesOf(source)).toEqual(["a", "b"])
  expect(await linesOf(source)).toEqual([])
  await appendFile(path, "f\nc\n")
  expect(await linesOf(source)).toEqual(["half", "c"])
})

test("where nothing follows the last line counts without its end", async () => {
  await writeFile(path, "a\r\nb")
  expect(await linesOf(fileSource({ path }), "take")).toEqual(["a", "b"])
})

test("a log that was moved aside is read to its end before the new one", async () => {
  await writeFile(path, "a\n")
  const source = fileSource({ path })
  expect(await linesOf(source)).toEqual(["a"])
  await appendFile(path, "b\n")
  await rename(path, `${path}.1`)
  await writeFile(path, "c\n")
  expect(await linesOf(source)).toEqual(["b", "c"])
  expect(await linesOf(source)).toEqual([])
})

test("the first reading begins with the older half", async () => {
  await writeFile(`${path}.1`, "old\n")
  await writeFile(path, "new\n")
  expect(await linesOf(fileSource({ path }))).toEqual(["old", "new"])
})

test("a log that was emptied is read anew", async () => {
  await writeFile(path, "a long line\nanother\n")
  const source = fileSource({ path })
  await linesOf(source)
  await truncate(path, 0)
  await appendFile(path, "b\n")
  expect(await linesOf(source)).toEqual(["b"])
})

test("another process goes on at the position that was kept", async () => {
  await writeFile(path, "a\nb\n")
  const first = fileSource({ path })
  await linesOf(first)
  await appendFile(path, "c\n")
  const position = (JSON.parse(JSON.stringify(first.position)) as FileSource["position"])!
  expect(await linesOf(fileSource({ path, position }))).toEqual(["c"])
})

test("a gzipped log is read once", async () => {
  const gz = join(folder, "detect.log.gz")
  await writeFile(gz, gzipSync("a\nb"))
  const source = fileSource({ path: gz })
  expect(await linesOf(source)).toEqual(["a", "b"])
  expect(await linesOf(source)).toEqual([])
})

test("a folder gives its logs by name, and each with what was moved aside of it", async () => {
  await writeFile(path, "a\n")
  await writeFile(`${path}.1`, "older\n")
  await writeFile(join(folder, "moved.log.1"), "m\n")
  await writeFile(join(folder, "picture.png"), "")
  const sources = await logFiles(folder)
  expect(sources.map(({ name }) => name)).toEqual(["detect", "moved"])
  expect(await linesOf(sources[0]!)).toEqual(["older", "a"])
  expect(await linesOf(sources[1]!)).toEqual(["m"])
})

test("what cannot be read is said in one sentence with its path", async () => {
  await expect(linesOf(fileSource({ path }))).rejects.toThrow(`${path} does not exist`)
  await expect(logFiles(join(folder, "none"))).rejects.toThrow("none does not exist")
  await expect(logFiles(folder)).rejects.toThrow("holds no log")
  await writeFile(join(folder, "bad.gz"), Buffer.from([0x1f, 0x8b, 1, 2, 3]))
  await expect(linesOf(fileSource({ path: join(folder, "bad.gz") }))).rejects.toThrow("cannot be read")
})

test("logs are named after their function", () => {
  expect(["/x/detect.log", "detect.log.1", "detect.log.gz", "a.b.json"].map(logName)).toEqual([
    "detect",
    "detect",
    "detect",
    "a.b",
  ])
})

test("a character that is cut by a chunk stays whole", () => {
  const bytes = Buffer.from("é\nü")
  const cutter = lineCutter()
  expect(cutter.add(bytes.subarray(0, 1)).lines).toEqual([])
  expect(cutter.heldBytes).toBe(1)
  expect(cutter.add(bytes.subarray(1, 4)).lines).toEqual(["é"])
  expect(cutter.add(bytes.subarray(4)).lines).toEqual([])
  expect(cutter.heldBytes).toBe(2)
  expect(cutter.rest().lines).toEqual(["ü"])
})
