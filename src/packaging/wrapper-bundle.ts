import { extname } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"
import { bundleOptions } from "./bundle-options.ts"

/** One file of a package, by its path inside the package's folder. */
export interface PackageFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** The wrapper as it goes into every package. */
export interface WrapperBundle {
  /** `index.mjs`, and what it loads when first needed. */
  readonly files: readonly PackageFile[]
  /** Minified size of what an instance loads before it asks for work: `index.mjs` and its static imports. */
  readonly startBytes: number
  /** Minified size of all files. */
  readonly totalBytes: number
}

let cached: Promise<WrapperBundle> | null = null

/**
 * Bundles the wrapper: once in the life of this process, since it is the same for every function. In pieces, so that
 * store, transfers and processes (and the parts of Node that they use) are loaded only by an invocation that needs them.
 */
export async function wrapperBundle(): Promise<WrapperBundle> {
  return await (cached ??= bundleWrapper())
}

async function bundleWrapper(): Promise<WrapperBundle> {
  // Sources in the repository, compiled files in the published package: both end as this file does.
  const entry = fileURLToPath(new URL(`../wrapper/entry${extname(import.meta.url)}`, import.meta.url))
  const result = await build({ ...bundleOptions(), entryPoints: { index: entry }, splitting: true })
  const files = result.outputFiles
    .map(({ path, contents }) => ({ name: path.slice(path.lastIndexOf("/") + 1), bytes: contents }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const sizes = new Map(files.map((file) => [file.name, file.bytes.byteLength]))
  const imports = new Map(
    Object.entries(result.metafile.outputs).map(([path, output]) => [
      path.slice(path.lastIndexOf("/") + 1),
      output.imports.filter((imported) => imported.kind === "import-statement").map(({ path }) => path),
    ]),
  )
  const startBytes = [...loadedWith("index.mjs", imports)].reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0)
  return { files, startBytes, totalBytes: [...sizes.values()].reduce((sum, size) => sum + size, 0) }
}

/** The file, and all that it imports statically, and so on. */
function loadedWith(
  start: string,
  imports: ReadonlyMap<string, readonly string[]>,
  seen: Set<string> = new Set(),
): Set<string> {
  if (seen.has(start)) return seen
  seen.add(start)
  for (const path of imports.get(start) ?? []) loadedWith(path.slice(path.lastIndexOf("/") + 1), imports, seen)
  return seen
}
