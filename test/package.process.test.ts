import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { delimiter, dirname, join, resolve } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"

const root = resolve(import.meta.dirname, "..")
let folder: string

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function run(
  command: string,
  args: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv },
): Promise<Ended> {
  return new Promise((done) => {
    const env = {
      ...(options.env ?? process.env),
      PATH: `${dirname(process.execPath)}${delimiter}${process.env["PATH"]}`,
    }
    const child = execFile(command, args, { cwd: options.cwd, env, timeout: 110_000 }, (_error, stdout, stderr) => {
      done({ code: child.exitCode, stdout, stderr })
    })
  })
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "trimtab-package-"))
  const packed = await run("npm", ["pack", "--pack-destination", folder, "--silent"], { cwd: root })
  expect(packed.stderr + packed.stdout).toContain(".tgz")
  const archive = (await readdir(folder)).find((name) => name.endsWith(".tgz"))!
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "empty", private: true, type: "module" }))
  const installed = await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", `./${archive}`], {
    cwd: folder,
  })
  expect(installed.code, installed.stderr).toBe(0)
}, 240_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

test("an empty project installs the package and runs doctor from it", async () => {
  const { code, stdout, stderr } = await run("npx", ["--no-install", "trimtab", "doctor", "--json"], { cwd: folder })
  expect(code, stderr).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, findings: expect.any(Array) })
})

test("the public API can be imported, and its figures need no package of ours", async () => {
  const script = `
    import { defineWorkflow, memoryStore, runPage } from "trimtab"
    const flow = defineWorkflow({ name: "one", functions: { f: { handler: "./f.ts" } }, steps: { s: { function: "f" } } })
    console.log(flow.steps[0].name, typeof memoryStore, typeof runPage)`
  const { stdout, stderr } = await run(process.execPath, ["--input-type=module", "--eval", script], { cwd: folder })
  expect(stdout.trim(), stderr).toBe("s function function")
  expect(existsSync(join(folder, "node_modules/preact"))).toBe(false)
})

test("a worker of a Restate server asks for the SDK that is not there, with the command that installs it", async () => {
  expect(existsSync(join(folder, "node_modules/@restatedev"))).toBe(false)
  const asked = ["--no-install", "trimtab", "serve", "--engine", "restate"]
  const { code, stdout, stderr } = await run("npx", asked, { cwd: folder })
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
  expect(stderr).toMatch(
    /^error: the Restate engine needs the package .*npm install @restatedev\/restate-sdk@[\d.]+\n$/,
  )
})

test("the client is a subpath of its own with its types", async () => {
  const script = `
    import { configClient } from "trimtab/client"
    const decision = await configClient({ pipeline: "p", read: async () => null }).decide()
    console.log(decision.version, decision.of("f", { memoryMB: 512 }).qualifier)`
  const { stdout, stderr } = await run(process.execPath, ["--input-type=module", "--eval", script], { cwd: folder })
  expect(stdout.trim(), stderr).toBe("0 512MB")
  expect(existsSync(join(folder, "node_modules/trimtab/dist/client/client.d.ts"))).toBe(true)
})

test("the package holds no source, no test and no fixture", async () => {
  const files = await readdir(join(folder, "node_modules/trimtab"), { recursive: true })
  expect(files.filter((name) => /\.test\.|[/\\]testing[/\\]|^src|^test|^examples/.test(name))).toEqual([])
  expect(files).toEqual(
    expect.arrayContaining(["bin/trimtab.js", "dist/index.js", "dist/index.d.ts", "schema/workflow.json"]),
  )
})

test("on an older Node the command prints one line and exits with 1", async () => {
  const older = await olderNode()
  const bin = join(folder, "node_modules/trimtab/bin/trimtab.js")
  const { code, stdout, stderr } = await run(older.command, [...older.args, bin, "doctor"], { cwd: folder })
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
  expect(stderr).toMatch(/^trimtab needs Node 24 or newer; this is v\d+\.\d+\.\d+: .*\n$/)
})

/** A real older Node of this machine's PATH, else this one with an older version written over its own. */
async function olderNode(): Promise<{ command: string; args: string[] }> {
  for (const place of (process.env["PATH"] ?? "").split(delimiter)) {
    const command = join(place, "node")
    if (!existsSync(command)) continue
    const { stdout } = await run(command, ["--version"], { cwd: folder })
    if (Number(/^v(\d+)/.exec(stdout)?.[1] ?? 99) < 24) return { command, args: [] }
  }
  const pretend = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } });
    Object.defineProperty(process, "version", { value: "v20.20.2" })`
  return { command: process.execPath, args: ["--import", `data:text/javascript,${encodeURIComponent(pretend)}`] }
}
