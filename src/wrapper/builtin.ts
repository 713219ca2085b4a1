import type * as NodeFs from "node:fs"

/**
 * `node:fs` without an import: an import builds the facade of the whole module, a millisecond of each cold start, while
 * Node has the module itself loaded from the beginning.
 */
export const fs: typeof NodeFs = process.getBuiltinModule("node:fs")
