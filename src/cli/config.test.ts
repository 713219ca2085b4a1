import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { loadProject } from "./config.ts"

let base: string
const SPEC = { name: "one", functions: { f: { handler: "./f.ts" } }, steps: { s: { function: "f" } } }

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "trimtab-config-"))
})
afterAll(() => rm(base, { recursive: true, force: true }))

async function folder(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const path = join(base, name)
  for (const [file, text] of Object.entries(files)) {
    await mkdir(join(path, file, ".."), { recursive: true })
    await writeFile(join(path, file), text)
  }
  return path
}

test("the nearest config above is found, and paths in it start from it", async () => {
  const root = await folder("above", {
    "trimtab.config.json": JSON.stringify({
      workflow: "flows/one.yaml",
      stateDir: "state",
      platform: { kind: "local", vcpuScale: 0.5 },
    }),
    "flows/one.yaml": JSON.stringify(SPEC),
    "deep/down/here.txt": "",
  })
  const project = await loadProject({ cwd: join(root, "deep/down") })
  expect(project).toMatchObject({
    root: join(root, "flows"),
    stateDir: join(root, "state"),
    platform: { kind: "local", vcpuScale: 0.5 },
    workflow: { name: "one" },
  })
})

test("a bare spec is a project with the defaults", async () => {
  const root = await folder("bare", { "one.json": JSON.stringify(SPEC) })
  const project = await loadProject({ cwd: root, file: "one.json" })
  expect(project).toMatchObject({ root, stateDir: join(root, ".trimtab"), input: null, platform: { kind: "local" } })
})

test("a config in TypeScript is its default export", async () => {
  const text = `export default { workflow: ${JSON.stringify(SPEC)}, input: [1] }`
  const root = await folder("typescript", { "trimtab.config.ts": text })
  expect(await loadProject({ cwd: root })).toMatchObject({ workflow: { name: "one" }, input: [1] })
})

test.each([
  ["an unknown key", { workflow: SPEC, stateDirectory: "x" }, /Unrecognized key: "stateDirectory"/],
  ["no workflow", { input: 1 }, /workflow/],
  ["a scale of zero", { workflow: SPEC, platform: { kind: "local", vcpuScale: 0 } }, /platform\.vcpuScale/],
  ["a platform that is none", { workflow: SPEC, platform: { kind: "moon" } }, /platform\.kind/],
])("a config with %s is refused with the place", async (what, config, message) => {
  const root = await folder(what, { "trimtab.config.json": JSON.stringify(config) })
  await expect(loadProject({ cwd: root })).rejects.toThrow(message)
})

test("without a config the way to one is named", async () => {
  const root = await folder("nothing", { "x.txt": "" })
  await expect(loadProject({ cwd: root })).rejects.toThrow(/trimtab init/)
  await expect(loadProject({ cwd: root, file: "no.yaml" })).rejects.toThrow(/no\.yaml does not exist/)
})
