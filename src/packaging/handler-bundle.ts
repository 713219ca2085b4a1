import { existsSync, statSync } from "node:fs"
import { dirname } from "node:path"
import { build, type BuildFailure, type BuildResult, type Message } from "esbuild"
import { TrimtabError } from "../base/errors.ts"
import { HANDLER_FILE } from "../wrapper/user-module.ts"
import { bundleOptions } from "./bundle-options.ts"
import { externalsFinder, externalsOfManifest, type Externals } from "./externals.ts"
import type { PackageFile } from "./wrapper-bundle.ts"

/** What to bundle. */
export interface HandlerSource {
  readonly functionName: string
  /** Absolute path of the user's module, TypeScript or JavaScript. */
  readonly handlerPath: string
  /** Packages to leave out, beside those with binaries and those that package.json names. */
  readonly external: readonly string[]
}

/** The user's module as one file. */
export interface HandlerBundle {
  readonly file: PackageFile
  readonly externals: Externals
}

/** CommonJS packages call `require`, which ESM does not have. */
const BANNER =
  'import{createRequire as __trimtabRequire}from"node:module";const require=__trimtabRequire(import.meta.url);'

/**
 * Bundles the user's module. Throws `handler-missing` when there is no such file or it exports no `handler`,
 * `packaging` with file and line when it does not compile.
 */
export async function handlerBundle(source: HandlerSource): Promise<HandlerBundle> {
  const { functionName, handlerPath } = source
  if (!existsSync(handlerPath) || !statSync(handlerPath).isFile()) {
    throw new TrimtabError("handler-missing", `function ${functionName}: there is no file ${handlerPath}`, {
      where: handlerPath,
      fix: "check the path of the handler; it is relative to the file that defines the workflow",
    })
  }
  const finder = externalsFinder([...source.external, ...externalsOfManifest(handlerPath)], dirname(handlerPath))
  for (;;) {
    const result = await compile(source, finder.plugin)
    const externals = finder.settle()
    // Each repetition moves a package out of the bundle, so there is an end.
    if (externals === null) continue
    checkExports(source, result)
    const output = result.outputFiles.find((file) => file.path.endsWith(HANDLER_FILE))
    if (output === undefined) throw new TrimtabError("packaging", `function ${functionName}: esbuild wrote no bundle`)
    return { file: { name: HANDLER_FILE, bytes: output.contents }, externals }
  }
}

type Compiled = BuildResult<{ write: false; metafile: true }>

async function compile(
  { functionName, handlerPath }: HandlerSource,
  plugin: ReturnType<typeof externalsFinder>["plugin"],
): Promise<Compiled> {
  try {
    return await build({
      ...bundleOptions(),
      entryPoints: { handler: handlerPath },
      absWorkingDir: dirname(handlerPath),
      // Error types are class names, and `retry` rules name them.
      keepNames: true,
      banner: { js: BANNER },
      define: { __dirname: "import.meta.dirname", __filename: "import.meta.filename" },
      plugins: [plugin],
    })
  } catch (error) {
    const first = isBuildFailure(error) ? error.errors[0] : undefined
    if (first === undefined) throw error
    const where = placeOf(first)
    throw new TrimtabError("packaging", `function ${functionName} does not compile: ${where}: ${first.text}`, {
      where,
      fix: first.text.startsWith("Could not resolve")
        ? "install the package, or correct the import"
        : "correct the source",
      cause: error,
    })
  }
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && "errors" in error && Array.isArray(error.errors)
}

function placeOf({ location }: Message): string {
  return location === null ? "unknown place" : `${location.file}:${location.line}:${location.column + 1}`
}

function checkExports({ functionName, handlerPath }: HandlerSource, { metafile }: Compiled): void {
  const output = Object.values(metafile.outputs).find(({ entryPoint }) => entryPoint !== undefined)
  const input = metafile.inputs[output?.entryPoint ?? ""]
  const names = output?.exports ?? []
  // What a CommonJS module exports is known only when it runs; the instance tells then.
  if (names.includes("handler") || input?.format === "cjs") return
  const has = names.length === 0 ? "nothing" : names.join(", ")
  throw new TrimtabError("handler-missing", `function ${functionName}: ${handlerPath} exports ${has}, but no handler`, {
    where: handlerPath,
    fix: "add: export async function handler(task, context) { ... }",
  })
}
