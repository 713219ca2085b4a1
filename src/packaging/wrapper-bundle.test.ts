import { expect, test } from "vitest"
import { wrapperBundle } from "./wrapper-bundle.ts"

test("the wrapper is at most 20 kB minified, and a store as much again", async () => {
  const { wrapperBytes, storeBytes } = await wrapperBundle()
  expect(wrapperBytes).toBeLessThanOrEqual(20_000)
  expect(storeBytes).toBeLessThanOrEqual(20_000)
})

test("the wrapper has no package of npm in it, and imports nothing statically", async () => {
  const { files } = await wrapperBundle()
  for (const { bytes } of files) {
    const source = new TextDecoder().decode(bytes)
    expect([...source.matchAll(/\bfrom\s*"([^"]+)"/g)].map((match) => match[1])).toEqual([])
  }
})

test("the counters of an instance lie in a file of their own, loaded by name", async () => {
  const { files } = await wrapperBundle()
  expect(files.map(({ name }) => name)).toEqual(["index.mjs", "store.mjs", "operations.mjs"])
  const wrapper = new TextDecoder().decode(files[0]!.bytes)
  expect(wrapper).toContain('import("./operations.mjs")')
  expect(wrapper).not.toContain("perf_hooks")
})
