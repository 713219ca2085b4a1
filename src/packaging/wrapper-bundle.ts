import { extname } from "node:path"
import { fileURLToPath } from "node:url"
import { build, type Plugin } from "esbuild"
import { STORE_FILE } from "../wrapper/load-store.ts"
import { bundleOptions } from "./bundle-options.ts"

/** One file of a package, by its path inside the package's folder. */
export interface PackageFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** The wrapper as it goes into every package. */
export interface WrapperBundle {
  /**
   * `index.mjs`, the wrapper, and what it loads when needed: `store.mjs` where the function has a store,
   * `operations.mjs` for an invocation that asks for its counters.
   */
  readonly files: readonly PackageFile[]
  /** Minified size of the wrapper. */
  readonly wrapperBytes: number
  /** Minified size of the code of the stores. */
  readonly storeBytes: number
}

const OPERATIONS_FILE = "operations.mjs"

let cached: Promise<WrapperBundle> | null = null

/** Bundles the wrapper: once in the life of this process, since it is the same for every function. */
export async function wrapperBundle(): Promise<WrapperBundle> {
  return await (cached ??= bundleWrapper())
}

async function bundleWrapper(): Promise<WrapperBundle> {
  const [wrapper, store, operations] = await Promise.all([
    bundle("index.mjs", "../wrapper/entry"),
    bundle(STORE_FILE, "../stores/open-store"),
    bundle(OPERATIONS_FILE, "../wrapper/operations"),
  ])
  return {
    files: [wrapper, store, operations],
    wrapperBytes: wrapper.bytes.byteLength,
    storeBytes: store.bytes.byteLength,
  }
}

/** One file: each further one would cost a cold start about a millisecond. */
async function bundle(name: string, module: string): Promise<PackageFile> {
  // Sources in the repository, compiled files in the published package: both end as this file does.
  const entry = fileURLToPath(new URL(`${module}${extname(import.meta.url)}`, import.meta.url))
  const result = await build({ ...bundleOptions(), entryPoints: [entry], plugins: [bareBuiltins, operationsBeside] })
  return { name, bytes: result.outputFiles[0]!.contents }
}

/**
 * Takes the modules of Node when they are used, not when the file is loaded, and without their ESM facades, which read
 * every export (1-2 ms for `node:fs` and its like).
 */
const bareBuiltins: Plugin = {
  name: "bare-builtins",
  setup: (build) => {
    build.onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: "builtin" }))
    build.onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule("${path}")`,
    }))
  },
}

/** Leaves the counters out of the wrapper's file: it takes them from the one beside it. */
const operationsBeside: Plugin = {
  name: "operations-beside",
  setup: (build) => {
    build.onResolve({ filter: /^\.\/operations\.[jt]s$/ }, () => ({ path: `./${OPERATIONS_FILE}`, external: true }))
  },
}
