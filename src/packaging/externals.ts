import { dirname } from "node:path"
import type { Plugin } from "esbuild"
import { isObject } from "../base/json.ts"
import { findPackage, hasBinaries, manifestIn, packageNameOf, type InstalledPackage } from "./installed-package.ts"

/** Packages that stay outside of the bundle, by name. They are linked beside it. */
export type Externals = ReadonlyMap<string, InstalledPackage>

/** Decides for every imported package whether it is bundled. */
export interface ExternalsFinder {
  readonly plugin: Plugin
  /** After a build: the packages left outside. Null when the build must be repeated, since one of them shares a package with the bundle. */
  readonly settle: () => Externals | null
}

/**
 * Leaves out the packages in `named`, those with binaries, and those that an external one needs too: a package loaded
 * once from the bundle and once from node_modules would be two packages that do not know each other.
 */
export function externalsFinder(named: readonly string[], handlerFolder: string): ExternalsFinder {
  const external = new Map<string, InstalledPackage>()
  const bundled = new Map<string, InstalledPackage>()
  const shared = new Set(named)

  const isExternal = (pkg: InstalledPackage): boolean => shared.has(pkg.name) || hasBinaries(pkg)

  const plugin: Plugin = {
    name: "externals",
    setup: (build) => {
      build.onResolve({ filter: /^[^./]/ }, ({ path, resolveDir }) => {
        const name = packageNameOf(path)
        if (name === null) return undefined
        if (external.has(name)) return { path, external: true }
        const pkg = bundled.get(name) ?? findPackage(name, resolveDir)
        if (pkg === null) return undefined
        const outside = !bundled.has(name) && isExternal(pkg)
        ;(outside ? external : bundled).set(name, pkg)
        return outside ? { path, external: true } : undefined
      })
    },
  }

  return {
    plugin,
    settle: () => {
      // Named but imported only at run time, by require.resolve for one.
      for (const name of named) {
        const pkg = external.has(name) ? null : findPackage(name, handlerFolder)
        if (pkg !== null) external.set(name, pkg)
      }
      const needed = namesNeededBy([...external.values()])
      const both = [...bundled.keys()].filter((name) => needed.has(name))
      if (both.length === 0) return external
      for (const name of both) shared.add(name)
      bundled.clear()
      return null
    },
  }
}

/** Names of all packages that these load, at any depth. */
function namesNeededBy(packages: readonly InstalledPackage[]): ReadonlySet<string> {
  const names = new Set<string>()
  const open = [...packages]
  const seen = new Set<string>()
  for (let pkg = open.pop(); pkg !== undefined; pkg = open.pop()) {
    if (seen.has(pkg.directory)) continue
    seen.add(pkg.directory)
    for (const name of pkg.needs) {
      names.add(name)
      const needed = findPackage(name, pkg.directory)
      if (needed !== null) open.push(needed)
    }
  }
  return names
}

/** The packages that the handler's own package.json leaves out of bundles: `{ "trimtab": { "external": ["name"] } }`. */
export function externalsOfManifest(handlerPath: string): readonly string[] {
  for (let folder = dirname(handlerPath); ; folder = dirname(folder)) {
    const settings = manifestIn(folder)["trimtab"]
    if (isObject(settings) && Array.isArray(settings["external"]))
      return settings["external"].filter((name) => typeof name === "string")
    if (folder === dirname(folder)) return []
  }
}
