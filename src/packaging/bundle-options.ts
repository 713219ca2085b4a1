import type { BuildOptions } from "esbuild"

/** What every bundle of a package has in common: ESM for Node 24, minified, in memory, the same on every machine. */
export function bundleOptions(): BuildOptions & { write: false; metafile: true } {
  return {
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "node",
    target: "node24",
    minify: true,
    charset: "utf8",
    legalComments: "none",
    logLevel: "silent",
    // A name only, nothing is written there. With a real path the output would differ from machine to machine.
    outdir: "/package",
    outExtension: { ".js": ".mjs" },
  }
}
