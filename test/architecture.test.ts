import { readdir, readFile } from "node:fs/promises"
import { dirname, join, relative, resolve, sep } from "node:path"
import { expect, test } from "vitest"

const root = resolve(import.meta.dirname, "..")

/** Who may import whom: the folders of src/, and what each may reach besides itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  statistics: ["base"],
  workflow: ["base"],
  pricing: ["base"],
  protocol: ["base"],
  report: ["base", "statistics", "workflow"],
  estimation: ["base", "statistics", "workflow", "pricing"],
  optimization: ["base", "statistics", "workflow", "estimation"],
  stores: ["base"],
  // Statistics and estimation only in simulated/, see below.
  platforms: ["base", "workflow", "stores", "pricing", "protocol", "statistics", "estimation"],
  wrapper: ["base", "stores", "protocol", "workflow"],
  packaging: ["base", "workflow", "platforms", "wrapper"],
  profiling: [
    "base",
    "statistics",
    "workflow",
    "estimation",
    "optimization",
    "pricing",
    "protocol",
    "platforms",
    "stores",
    "packaging",
  ],
  engine: [
    "base",
    "statistics",
    "workflow",
    "estimation",
    "optimization",
    "pricing",
    "protocol",
    "platforms",
    "stores",
  ],
  simulation: [
    "base",
    "statistics",
    "workflow",
    "estimation",
    "optimization",
    "pricing",
    "protocol",
    "platforms",
    "stores",
    "engine",
  ],
  tuner: [
    "base",
    "statistics",
    "workflow",
    "estimation",
    "optimization",
    "pricing",
    "protocol",
    "platforms",
    "stores",
    "engine",
    "profiling",
  ],
  client: [],
  cli: ["*"],
}

/** Packages that only these folders may import; every other bare import of a source must be in this table too. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "pure-rand": ["base"],
  "fft.js": ["statistics"],
  zod: ["workflow", "pricing", "profiling", "platforms", "cli"],
  yaml: ["workflow", "cli"],
  commander: ["cli"],
  esbuild: ["packaging"],
  "@aws-sdk/client-lambda": ["platforms"],
  "@smithy/node-http-handler": ["platforms"],
  "@restatedev/restate-sdk": ["engine"],
  preact: ["report"],
  "preact-render-to-string": ["report"],
  "d3-array": ["report"],
  "d3-scale": ["report"],
  "d3-shape": ["report"],
  "d3-dag": ["report"],
}

/** The pure core: numbers in, numbers out. No module of Node may be imported there. */
const PURE = ["statistics", "workflow", "estimation", "optimization"]

interface Import {
  readonly file: string
  readonly from: string
  readonly specifier: string
  readonly typeOnly: boolean
}

async function sources(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true })
  return entries.filter((name) => name.endsWith(".ts") && !isTest(name)).map((name) => join(folder, name))
}

function isTest(name: string): boolean {
  return name.endsWith(".test.ts") || name.split(sep).includes("testing")
}

async function importsOf(file: string): Promise<Import[]> {
  const text = await readFile(file, "utf8")
  const pattern = /^\s*(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"|import\("([^"]+)"\)/gm
  const from = relative(join(root, "src"), file).split(sep)[0] ?? ""
  return [...text.matchAll(pattern)].map((match) => ({
    file: relative(root, file),
    from,
    specifier: match[2] ?? match[3] ?? "",
    typeOnly: match[1] !== undefined,
  }))
}

async function allImports(): Promise<Import[]> {
  const files = await sources(join(root, "src"))
  return (await Promise.all(files.map(importsOf))).flat()
}

function folderOf(found: Import): string | null {
  if (!found.specifier.startsWith(".")) return null
  return relative(join(root, "src"), resolve(root, dirname(found.file), found.specifier)).split(sep)[0] ?? null
}

test("folders import only what the architecture allows", async () => {
  const wrong = (await allImports()).filter((found) => {
    const target = folderOf(found)
    if (target === null || target === found.from || found.from === "index.ts") return false
    const allowed = MAY_IMPORT[found.from] ?? []
    return !allowed.includes("*") && !allowed.includes(target)
  })
  expect(wrong.map((found) => `${found.file} imports ${found.specifier}`)).toEqual([])
})

test("experiments import the public API, reports and measured data alone", async () => {
  const files = (await readdir(join(root, "experiments"), { recursive: true })).filter((name) => name.endsWith(".ts"))
  const found = (await Promise.all(files.map((name) => importsOf(join(root, "experiments", name))))).flat()
  const wrong = found.filter(({ file, specifier }) => {
    if (specifier.startsWith("node:") || (isTest(file) && specifier === "vitest")) return false
    const target = relative(root, resolve(root, dirname(file), specifier))
    return !/^(src\/index\.ts|src\/report\/|experiments\/|bench\/estimation\/data\/.*\.json)/.test(target)
  })
  expect(wrong.map(({ file, specifier }) => `${file} imports ${specifier}`)).toEqual([])
})

test("every folder of src is in the table", async () => {
  const entries = await readdir(join(root, "src"), { withFileTypes: true })
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  expect(folders.filter((name) => !(name in MAY_IMPORT))).toEqual([])
})

test("the wrapper takes only types from workflow", async () => {
  const wrong = (await allImports()).filter(
    (found) => found.from === "wrapper" && folderOf(found) === "workflow" && !found.typeOnly,
  )
  expect(wrong).toEqual([])
})

test("engine, profiling and tuner know platforms and stores by their interfaces only", async () => {
  const concrete = /\/platforms\/(?!platform\.ts)|\/stores\/(?!store\.ts)/
  const wrong = (await allImports()).filter(
    (found) => ["engine", "profiling", "tuner"].includes(found.from) && concrete.test(found.specifier),
  )
  expect(wrong.map((found) => `${found.file} imports ${found.specifier}`)).toEqual([])
})

test("of the platforms only the simulated one knows statistics and estimation", async () => {
  const wrong = (await allImports()).filter(
    (found) =>
      found.from === "platforms" &&
      !found.file.includes("/simulated/") &&
      ["statistics", "estimation"].includes(folderOf(found) ?? ""),
  )
  expect(wrong).toEqual([])
})

test("the pure core imports no module of Node", async () => {
  const wrong = (await allImports()).filter((found) => PURE.includes(found.from) && found.specifier.startsWith("node:"))
  expect(wrong.map((found) => `${found.file} imports ${found.specifier}`)).toEqual([])
})

test("packages are imported only where they belong", async () => {
  const wrong = (await allImports()).filter((found) => {
    if (found.specifier.startsWith(".") || found.specifier.startsWith("node:")) return false
    const name = found.specifier
      .split("/")
      .slice(0, found.specifier.startsWith("@") ? 2 : 1)
      .join("/")
    return !(PACKAGES[name] ?? []).includes(found.from)
  })
  expect(wrong.map((found) => `${found.file} imports ${found.specifier}`)).toEqual([])
})

test("at most ten direct run-time dependencies", async () => {
  const manifest: unknown = JSON.parse(await readFile(join(root, "package.json"), "utf8"))
  const { dependencies } = manifest as { dependencies: Record<string, string> }
  expect(Object.keys(dependencies).length).toBeLessThanOrEqual(10)
})

test("no folder is named after nothing in particular", async () => {
  const entries = await readdir(join(root, "src"), { recursive: true })
  const bad = entries.filter((name) => /(^|[/\\])(utils?|helpers?|common|managers?|misc)(\.ts)?$/.test(name))
  expect(bad).toEqual([])
})
