import { expect, test } from "vitest"
import { wrapperBundle } from "./wrapper-bundle.ts"

test("what an instance loads before it asks for work is at most 20 kB minified", async () => {
  const { startBytes } = await wrapperBundle()
  expect(startBytes).toBeLessThanOrEqual(20_000)
})

test("the wrapper has no package of npm in it, and loads only the network at its start", async () => {
  const { files } = await wrapperBundle()
  const sources = files.map(({ name, bytes }) => [name, new TextDecoder().decode(bytes)] as const)
  const imports = (source: string): string[] => [...source.matchAll(/(?:from|import\()"([^"]+)"/g)].map((m) => m[1]!)
  for (const [, source] of sources) for (const path of imports(source)) expect(path).toMatch(/^(?:node:|\.\/wrapper-)/)
  const index = sources.find(([name]) => name === "index.mjs")?.[1] ?? ""
  expect(imports(index).filter((path) => path.startsWith("node:"))).toEqual(["node:net"])
})
