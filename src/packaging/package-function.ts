import { createHash } from "node:crypto"
import { chmod, mkdir, mkdtemp, readFile, readlink, rename, rm, symlink, writeFile } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import { canonicalJson } from "../base/json.ts"
import type { FunctionPackage } from "../platforms/platform.ts"
import type { Externals } from "./externals.ts"
import { handlerBundle } from "./handler-bundle.ts"
import { wrapperBundle, type PackageFile } from "./wrapper-bundle.ts"

/** What to package, and where. */
export interface PackageOptions {
  readonly functionName: string
  /** The user's module, TypeScript or JavaScript. */
  readonly handlerPath: string
  readonly threads: "single" | "multi"
  /** Folder of packages; this one gets its own inside, `<name>-<hash>`. */
  readonly outDir: string
  /** Packages to leave out of the bundle, beside those that are found to have binaries. */
  readonly external?: readonly string[]
}

/**
 * Makes a folder that a platform can run: the wrapper (`index.mjs` and its pieces), the user's module as one file
 * (`handler.mjs`), and in `node_modules` a link to each package that cannot be bundled. The same input gives the same
 * folder; one that is there already is used as it is.
 *
 * Packages that cannot be bundled are those with `.node` or `.wasm` files or a variant per system, those in `external`,
 * and those in the handler's package.json under `{ "trimtab": { "external": [...] } }`. The links lead to this machine's
 * node_modules: such a folder serves the local platform only.
 *
 * Throws `handler-missing` and `packaging`.
 */
export async function packageFunction(options: PackageOptions): Promise<FunctionPackage> {
  const { functionName, threads, external = [] } = options
  const handlerPath = resolve(options.handlerPath)
  const [wrapper, handler] = await Promise.all([
    wrapperBundle(),
    handlerBundle({ functionName, handlerPath, external }),
  ])
  const files = [...wrapper.files, handler.file]
  const codeSha256 = hashOf(files, handler.externals)
  const directory = join(resolve(options.outDir), `${functionName}-${codeSha256.slice(0, 16)}`)
  if (!(await isWhole(directory, files, handler.externals))) await writePackage(directory, files, handler.externals)
  return { functionName, directory, codeSha256, threads }
}

/** Hash over all files, and over name and version of the packages outside: their folders differ between machines. */
function hashOf(files: readonly PackageFile[], externals: Externals): string {
  const contents = files.map(({ name, bytes }) => [name, createHash("sha256").update(bytes).digest("hex")])
  const packages = [...externals.values()].map(({ name, version }) => [name, version])
  const sorted = (list: string[][]): string[][] => list.sort((a, b) => (a[0]! < b[0]! ? -1 : 1))
  return createHash("sha256")
    .update(canonicalJson([sorted(contents), sorted(packages)]))
    .digest("hex")
}

/** A folder of this name may be there, cut short or with links to packages that have moved. */
async function isWhole(directory: string, files: readonly PackageFile[], externals: Externals): Promise<boolean> {
  try {
    for (const { name, bytes } of files) if (!(await readFile(join(directory, name))).equals(bytes)) return false
    for (const pkg of externals.values())
      if ((await readlink(join(directory, "node_modules", pkg.name))) !== pkg.directory) return false
    return true
  } catch {
    // Something is missing.
    return false
  }
}

/** Under another name first: a folder that has its name is whole. */
async function writePackage(directory: string, files: readonly PackageFile[], externals: Externals): Promise<void> {
  await mkdir(dirname(directory), { recursive: true })
  const temp = await mkdtemp(join(dirname(directory), ".packaging-"))
  try {
    for (const { name, bytes } of files) await writeFile(join(temp, name), bytes)
    for (const pkg of externals.values()) {
      const link = join(temp, "node_modules", pkg.name)
      await mkdir(dirname(link), { recursive: true })
      await symlink(pkg.directory, link)
    }
    // A platform may run instances as another user; mkdtemp makes folders for this one alone.
    await chmod(temp, 0o755)
    await moveIntoPlace(temp, directory, async () => await isWhole(directory, files, externals))
  } finally {
    await rm(temp, { recursive: true, force: true })
  }
}

/**
 * Gives a finished folder its name. Others may do so at the same time: whichever whole folder has the name stays. A torn
 * one goes out of the way in one rename, never file by file: a folder being emptied would make another's rename fail.
 */
async function moveIntoPlace(temp: string, directory: string, isInPlace: () => Promise<boolean>): Promise<void> {
  for (let attemptsLeft = 10; ; attemptsLeft--) {
    try {
      await rename(temp, directory)
      return
    } catch (error) {
      if (!isNameTaken(error) || attemptsLeft === 0) throw error
    }
    if (await isInPlace()) return
    const torn = await mkdtemp(`${temp}-torn-`)
    // Another may have moved it already.
    await rename(directory, join(torn, "package")).catch(() => undefined)
    await rm(torn, { recursive: true, force: true })
  }
}

function isNameTaken(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === "ENOTEMPTY" || code === "EEXIST" || code === "ENOTDIR"
}
