import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"

const { resolve } = createRequire(import.meta.url)

/** Absolute path of a file inside an installed package, whether or not the package exports it. */
export function packageFile(name: string, file: string): string {
  for (const folder of resolve.paths(name) ?? []) {
    const manifest = join(folder, name, "package.json")
    try {
      readFileSync(manifest)
      return join(dirname(manifest), file)
    } catch {
      // not in this node_modules: look one folder up
    }
  }
  throw new Error(`package ${name} is not installed; run npm ci in examples/video`)
}

/** The bytes of a file as an ArrayBuffer of its own, which is what model loaders take. */
export function readBuffer(path: string): ArrayBuffer {
  const bytes = readFileSync(path)
  // a small file comes as a view of Node's shared pool
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
}
