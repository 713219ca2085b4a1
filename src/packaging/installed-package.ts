import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs"
import { isBuiltin } from "node:module"
import { dirname, join } from "node:path"
import { isObject } from "../base/json.ts"

/** A package in a node_modules folder. */
export interface InstalledPackage {
  readonly name: string
  readonly version: string
  /** Real path of its folder. */
  readonly directory: string
  /** Names of the packages that it needs, peers and optional ones included. */
  readonly needs: readonly string[]
}

/** The package that a bare import names: `@scope/name/file` is `@scope/name`. Null for a path, a URL or a part of Node. */
export function packageNameOf(specifier: string): string | null {
  if (isBuiltin(specifier) || /^(?:\.|\/|#|[a-z]+:)/.test(specifier)) return null
  const parts = specifier.split("/")
  const name = specifier.startsWith("@") ? parts.slice(0, 2).join("/") : parts[0]
  return name === undefined || name === "" ? null : name
}

/** Finds the package as Node does: in the nearest node_modules upwards from the folder that has it. */
export function findPackage(name: string, from: string): InstalledPackage | null {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name)
    if (existsSync(join(candidate, "package.json"))) return readPackage(name, realpathSync(candidate))
    if (folder === dirname(folder)) return null
  }
}

function readPackage(name: string, directory: string): InstalledPackage {
  const manifest = manifestIn(directory)
  const needs = ["dependencies", "optionalDependencies", "peerDependencies"].flatMap((field) => keysOf(manifest[field]))
  const version = typeof manifest["version"] === "string" ? manifest["version"] : ""
  return { name, version, directory, needs }
}

/** The package.json in a folder; empty when it is missing or no object. */
export function manifestIn(directory: string): Record<string, unknown> {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"))
    return isObject(manifest) ? manifest : {}
  } catch {
    // A folder without a readable manifest says nothing about itself.
    return {}
  }
}

/**
 * Whether the package has machine code or wasm that its JavaScript finds by path: `.node` and `.wasm` files, or a
 * variant per system (fields `os` and `cpu`, its own or of an optional dependency). Such a package cannot be bundled.
 */
export function hasBinaries(pkg: InstalledPackage): boolean {
  const manifest = manifestIn(pkg.directory)
  if (isForOneSystem(manifest) || hasBinaryFile(pkg.directory)) return true
  return keysOf(manifest["optionalDependencies"]).some((name) => {
    const variant = findPackage(name, pkg.directory)
    return variant !== null && isForOneSystem(manifestIn(variant.directory))
  })
}

function isForOneSystem(manifest: Record<string, unknown>): boolean {
  return Array.isArray(manifest["os"]) || Array.isArray(manifest["cpu"])
}

function hasBinaryFile(folder: string): boolean {
  return readdirSync(folder, { withFileTypes: true }).some((entry) => {
    if (entry.isDirectory()) return entry.name !== "node_modules" && hasBinaryFile(join(folder, entry.name))
    return /\.(?:node|wasm)$/.test(entry.name)
  })
}

function keysOf(value: unknown): readonly string[] {
  return isObject(value) ? Object.keys(value) : []
}
