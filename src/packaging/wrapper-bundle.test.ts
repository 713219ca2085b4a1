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
