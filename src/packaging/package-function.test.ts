import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { FunctionPackage } from "../platforms/platform.ts"
import { packageFunction, type PackageOptions } from "./package-function.ts"

let base: string
beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), "trimtab-packaging-")))
})
afterEach(async () => await rm(base, { recursive: true, force: true }))

async function write(path: string, text: string): Promise<string> {
  const file = join(base, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
  return file
}

async function pack(handler: string, options: Partial<PackageOptions> = {}): Promise<FunctionPackage> {
  const handlerPath = join(base, handler)
  return await packageFunction({
    functionName: "f",
    handlerPath,
    threads: "single",
    outDir: join(base, "out"),
    ...options,
  })
}

/** A package of npm as it lies in a node_modules folder. */
async function install(
  folder: string,
  manifest: object & { name: string },
  files: Record<string, string>,
): Promise<void> {
  const path = `${folder}/node_modules/${manifest.name}`
  await write(`${path}/package.json`, JSON.stringify({ version: "1.0.0", main: "index.js", ...manifest }))
  for (const [name, text] of Object.entries(files)) await write(`${path}/${name}`, text)
}

async function call(pkg: FunctionPackage, task: unknown): Promise<unknown> {
  // The module's type is what this test has written.
  const module = (await import(pathToFileURL(join(pkg.directory, "handler.mjs")).href)) as {
    handler: (task: unknown) => unknown
  }
  return await module.handler(task)
}

describe("a package", () => {
  test("holds the wrapper and the handler with what it imports, TypeScript or JavaScript", async () => {
    await write("lib/double.ts", "export const double = (n: number): number => n * 2")
    await write("f.ts", `import { double } from "./lib/double.ts"; export const handler = (n: number) => double(n)`)
    const pkg = await pack("f.ts")
    expect(pkg).toMatchObject({ functionName: "f", threads: "single" })
    expect(pkg.directory).toBe(join(base, "out", `f-${pkg.codeSha256.slice(0, 16)}`))
    expect(await readdir(pkg.directory)).toEqual(expect.arrayContaining(["handler.mjs", "index.mjs"]))
    expect(await call(pkg, 21)).toBe(42)
    await write("g.mjs", "export const handler = (n) => n + 1")
    expect(await call(await pack("g.mjs"), 1)).toBe(2)
  })

  test("packed twice is the same package, also from another folder; another source is another one", async () => {
    const source = "export const handler = (text: string): string => text.toUpperCase()"
    await write("f.ts", source)
    await write("elsewhere/f.ts", source)
    const first = await pack("f.ts")
    expect(await pack("f.ts")).toEqual(first)
    expect((await pack("elsewhere/f.ts", { outDir: join(base, "out2") })).codeSha256).toBe(first.codeSha256)
    await write("f.ts", source.replace("toUpperCase", "toLowerCase"))
    expect((await pack("f.ts")).codeSha256).not.toBe(first.codeSha256)
    expect((await readdir(join(base, "out"))).filter((name) => name.startsWith("."))).toEqual([])
  })

  test("made by many at once is whole", async () => {
    await write("f.ts", "export const handler = (n: number) => n")
    const packAll = async () => await Promise.all(Array.from({ length: 5 }, async () => await pack("f.ts")))
    const packages = await packAll()
    expect(new Set(packages.map((pkg) => pkg.directory)).size).toBe(1)
    expect(await call(packages[0]!, 3)).toBe(3)
    // Each of them finds the torn folder, and moves it or what another has put there meanwhile.
    await writeFile(join(packages[0]!.directory, "handler.mjs"), "torn")
    await packAll()
    expect(await readFile(join(packages[0]!.directory, "handler.mjs"), "utf8")).toContain("handler")
    expect((await readdir(join(base, "out"))).filter((name) => name.startsWith("."))).toEqual([])
  })

  test("that was cut short is made again", async () => {
    await write("f.ts", "export const handler = (n: number) => n")
    const pkg = await pack("f.ts")
    await rm(join(pkg.directory, "index.mjs"))
    await writeFile(join(pkg.directory, "handler.mjs"), "torn")
    await pack("f.ts")
    expect(await readFile(join(pkg.directory, "handler.mjs"), "utf8")).toContain("handler")
    expect(await readdir(pkg.directory)).toContain("index.mjs")
  })

  test("keeps the names of error classes, and has require and __dirname", async () => {
    await write(
      "f.mjs",
      `class CodecError extends Error {}
       export const handler = () => [new CodecError().constructor.name, typeof require("node:fs").readFileSync, __dirname]`,
    )
    const pkg = await pack("f.mjs")
    expect(await call(pkg, null)).toEqual(["CodecError", "function", pkg.directory])
  })

  test("may declare those names itself", async () => {
    await write(
      "f.mjs",
      `import { createRequire } from "node:module"; import { dirname } from "node:path"; import { fileURLToPath } from "node:url"
       const require = createRequire(import.meta.url); const __dirname = dirname(fileURLToPath(import.meta.url))
       export const handler = () => [typeof require("node:os").cpus, __dirname]`,
    )
    const pkg = await pack("f.mjs")
    expect(await call(pkg, null)).toEqual(["function", pkg.directory])
  })
})

describe("packages of npm", () => {
  test("without binaries are bundled, CommonJS too", async () => {
    await install(".", { name: "plain" }, { "index.js": "exports.add = (a, b) => a + b; exports.dir = __dirname" })
    await write("f.ts", `import { add } from "plain"; export const handler = (n: number) => add(n, 1)`)
    const pkg = await pack("f.ts")
    expect(await readdir(pkg.directory)).not.toContain("node_modules")
    expect(await call(pkg, 1)).toBe(2)
  })

  test.each([
    ["a .node file", { name: "native" }, { "build/Release/x.node": "" }],
    ["a wasm file", { name: "native" }, { "dist/x.wasm": "" }],
    ["a variant per system", { name: "native", os: ["linux"] }, {}],
  ])("with %s stay outside and are linked", async (_, manifest, files) => {
    await install(".", manifest, { "index.js": "exports.dir = __dirname", ...files })
    await write("steps/f.ts", `import { dir } from "native"; export const handler = () => dir`)
    expect(await call(await pack("steps/f.ts"), null)).toBe(join(base, "node_modules/native"))
  })

  test("whose optional dependency is for one system stay outside", async () => {
    await install(".", { name: "image", optionalDependencies: { "@image/linux": "1" } } as { name: string }, {
      "index.js": "exports.dir = require('@image/linux').dir",
    })
    await install(".", { name: "@image/linux", os: ["linux"] } as { name: string }, {
      "index.js": "exports.dir = __dirname",
    })
    await write("f.ts", `import { dir } from "image"; export const handler = () => dir`)
    expect(await call(await pack("f.ts"), null)).toBe(join(base, "node_modules/@image/linux"))
  })

  test("that an external one needs too are loaded once", async () => {
    await install(".", { name: "core" }, { "index.js": "exports.registry = []" })
    await install(".", { name: "backend", peerDependencies: { core: "1" } } as { name: string }, {
      "index.js": "require('core').registry.push('wasm')",
      "x.wasm": "",
    })
    await install(".", { name: "pure", dependencies: { core: "1" } } as { name: string }, {
      "index.js": "exports.backends = () => require('core').registry",
    })
    await write("f.ts", `import { backends } from "pure"; import "backend"; export const handler = () => backends()`)
    const pkg = await pack("f.ts")
    expect(await call(pkg, null)).toEqual(["wasm"])
    expect((await readdir(join(pkg.directory, "node_modules"))).sort()).toEqual(["backend", "core"])
  })

  test("named by the option or in package.json stay outside, imported or not", async () => {
    for (const name of ["one", "two", "three"]) await install(".", { name }, { "index.js": "exports.dir = __dirname" })
    await write("package.json", JSON.stringify({ trimtab: { external: ["two", "three"] } }))
    await write(
      "f.ts",
      `import { dir as one } from "one"; import { dir as two } from "two"
       export const handler = () => [one, two, require.resolve("three")]`,
    )
    const at = (name: string): string => join(base, "node_modules", name)
    expect(await call(await pack("f.ts", { external: ["one"] }), null)).toEqual([
      at("one"),
      at("two"),
      at("three/index.js"),
    ])
  })

  test("change the hash with their version", async () => {
    await write("f.ts", `import { dir } from "native"; export const handler = () => dir`)
    const files = { "index.js": "exports.dir = 1", "x.node": "" }
    await install(".", { name: "native" }, files)
    const first = await pack("f.ts")
    await install(".", { name: "native", version: "2.0.0" } as { name: string }, files)
    expect((await pack("f.ts")).codeSha256).not.toBe(first.codeSha256)
  })
})

describe("what cannot be packed", () => {
  test("a missing file is named", async () => {
    await expect(pack("none.ts")).rejects.toMatchObject({
      code: "handler-missing",
      message: expect.stringContaining(join(base, "none.ts")),
    })
    await mkdir(join(base, "folder"))
    await expect(pack("folder")).rejects.toMatchObject({ code: "handler-missing" })
  })

  test("a syntax error and an unresolved import come with file, line and column", async () => {
    await write("syntax.ts", "export const a = 1\nexport const handler = (\n")
    await expect(pack("syntax.ts")).rejects.toMatchObject({ code: "packaging", where: "syntax.ts:3:1" })
    await write("import.ts", `\nimport x from "not-installed"; export const handler = () => x`)
    await expect(pack("import.ts")).rejects.toMatchObject({
      code: "packaging",
      where: "import.ts:2:15",
      message: expect.stringContaining(`Could not resolve "not-installed"`),
    })
  })

  test("a module without handler says what it exports", async () => {
    await write("f.ts", "export const main = 1; export const other = 2")
    await expect(pack("f.ts")).rejects.toMatchObject({
      code: "handler-missing",
      message: expect.stringContaining("exports main, other"),
    })
    await write("g.ts", "const x = 1; console.log(x)")
    await expect(pack("g.ts")).rejects.toMatchObject({ message: expect.stringContaining("exports nothing") })
    expect(await readdir(base)).not.toContain("out")
  })
})
