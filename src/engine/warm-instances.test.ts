import { expect, test } from "vitest"
import { virtualClock, type VirtualClock } from "../base/testing/virtual-clock.ts"
import { variantOf, type Platform } from "../platforms/platform.ts"
import { fakePlatform } from "./testing/fake-platform.ts"
import { warmInstances, type WarmInstances } from "./warm-instances.ts"

const VARIANT = variantOf("f", 512)

function warmOf(told: () => Promise<ReadonlyMap<string, number>>): { warm: WarmInstances; clock: VirtualClock } {
  const clock = virtualClock()
  const platform: Platform = { ...fakePlatform({ clock }), warmInstances: told }
  return { warm: warmInstances(platform, clock), clock }
}

test("knows what was warm before the engine was there", async () => {
  const { warm } = warmOf(async () => new Map([["f:512MB", 3]]))
  await warm.known
  expect(warm.count("f", 512)).toBe(3)
  expect(warm.count("f", 1024)).toBe(0)
})

test("counts by itself where the platform cannot tell, and forgets after five minutes", async () => {
  const { warm, clock } = warmOf(async () => new Map())
  await warm.known
  warm.taken(VARIANT)
  warm.added(VARIANT, 1)
  warm.added(VARIANT, 2)
  warm.taken(VARIANT)
  expect(warm.count("f", 512)).toBe(2)
  await clock.advance(1_000)
  warm.refresh()
  await clock.advance(1)
  expect(warm.count("f", 512)).toBe(2)
  await clock.advance(6 * 60_000)
  expect(warm.count("f", 512)).toBe(0)
})

test("is corrected by what the platform says, which is asked at most four times a second", async () => {
  let asked = 0
  const { warm, clock } = warmOf(async () => new Map([["f:512MB", ++asked]]))
  await warm.known
  warm.added(VARIANT, 9)
  for (let i = 0; i < 10; i++) {
    warm.refresh()
    await clock.advance(100)
  }
  expect(asked).toBeLessThanOrEqual(5)
  expect(warm.count("f", 512)).toBe(asked)
})

test("a platform that never answers, or throws, holds nobody up for long", async () => {
  const silent = warmOf(() => new Promise(() => {}))
  await silent.clock.runUntil(silent.warm.known)
  expect(silent.clock.monotonicMs()).toBeLessThanOrEqual(100)
  const failing = warmOf(async () => {
    throw new Error("down")
  })
  await failing.warm.known
  expect(failing.warm.count("f", 512)).toBe(0)
})
