#!/usr/bin/env node
// Checks the version of Node before anything that an older one cannot load is imported.
import { existsSync } from "node:fs"

const NEEDED = 24
const major = Number(process.versions.node.split(".")[0])
if (major < NEEDED) {
  process.stderr.write(
    `trimtab needs Node ${NEEDED} or newer; this is ${process.version}: install it from nodejs.org\n`,
  )
  process.exitCode = 1
} else {
  // A checkout runs its sources as they are; the published package holds only dist/.
  const source = new URL("../src/cli/main.ts", import.meta.url)
  const entry = existsSync(source) ? source : new URL("../dist/cli/main.js", import.meta.url)
  const { main } = await import(entry.href)
  process.exitCode = await main(process.argv.slice(2))
}
