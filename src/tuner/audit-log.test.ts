import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { beginning } from "./adjustment/absorb.ts"
import { auditLog } from "./audit-log.ts"
import { fileMemory } from "./tuner-memory.ts"

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "trimtab-audit-"))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const entry = (version: number) =>
  ({ kind: "overtaken", how: "relax", atMs: 1, pipeline: "p", version, runs: 50, why: "why\nnot" }) as const

test("entries are added, never changed; a line that a crash tore is left out and cut off", async () => {
  const log = auditLog(folder, "p")
  expect(await log.entries()).toEqual([])
  await log.append(entry(1))
  const path = join(folder, "p.audit.ndjson")
  const first = await readFile(path, "utf8")
  await appendFile(path, '{"v":1,"kind":"publ')
  expect(await log.entries()).toEqual([entry(1)])
  await log.append(entry(2))
  expect(await log.entries()).toEqual([entry(1), entry(2)])
  expect((await readFile(path, "utf8")).startsWith(first)).toBe(true)
})

test("a damaged line is named", async () => {
  const path = join(folder, "q.audit.ndjson")
  await writeFile(path, `{"v":1,"kind":"overtaken"}\nnonsense\n`)
  await expect(auditLog(folder, "q").entries()).rejects.toMatchObject({ code: "invalid-data", where: `${path}:2` })
})

test("the tuner's memory is kept whole, and begun anew where it cannot be used", async () => {
  const memory = fileMemory(folder, "p")
  expect(await memory.load()).toBeNull()
  const remembered = { state: beginning({ f: { memoryMB: 512, instances: 1, processes: 1 } }, 3), judgedUntilMs: 42 }
  await memory.save(remembered)
  expect(await fileMemory(folder, "p").load()).toEqual(remembered)
  for (const damage of ["", "{}", '{"state":{"schemaVersion":2},"judgedUntilMs":1}']) {
    await writeFile(join(folder, "p.state.json"), damage)
    expect(await memory.load()).toBeNull()
  }
})
