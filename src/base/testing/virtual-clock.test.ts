import { expect, test } from "vitest"
import { virtualClock } from "./virtual-clock.ts"

test("timers fire in the order of their instants, and of their making where these are equal", async () => {
  const clock = virtualClock()
  const fired: string[] = []
  clock.after(20, () => fired.push("c"))
  clock.after(10, () => fired.push("a"))
  clock.after(10, () => fired.push("b"))
  await clock.advance(15)
  expect(fired).toEqual(["a", "b"])
  expect(clock.monotonicMs()).toBe(15)
  await clock.advance(5)
  expect(fired).toEqual(["a", "b", "c"])
})

test("waiting for what no timer will bring is an error, not a hang", async () => {
  await expect(virtualClock().runUntil(new Promise(() => {}))).rejects.toThrow("nothing will happen")
})

test("a jump of the wall clock moves no duration", () => {
  const clock = virtualClock(1_000)
  clock.jumpWall(-3_600_000)
  expect(clock.nowMs()).toBe(-3_599_000)
  expect(clock.monotonicMs()).toBe(0)
})
