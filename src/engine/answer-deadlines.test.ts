import { expect, test } from "vitest"
import { virtualClock } from "../base/testing/virtual-clock.ts"
import { answerDeadlines } from "./answer-deadlines.ts"

const signal = new AbortController().signal
const never = <T>(): Promise<T> => new Promise<T>(() => {})

test("hands on an answer that comes in time, and what the call throws", async () => {
  const deadlines = answerDeadlines(virtualClock())
  const answer = { kind: "ok" }
  expect(await deadlines.wait(Promise.resolve(answer), 1_000, signal)).toBe(answer)
  await expect(deadlines.wait(Promise.reject(new Error("broken")), 1_000, signal)).rejects.toThrow("broken")
  expect(deadlines.waiting).toBe(0)
})

test("gives each call its own time, by one timer", async () => {
  const clock = virtualClock()
  const deadlines = answerDeadlines(clock)
  const ended: string[] = []
  const wait = (name: string, ms: number): void =>
    void deadlines
      .wait(never<object>(), ms, signal)
      .then((value) => ended.push(value === null ? `${name} overdue` : name))
  wait("long", 3_000)
  wait("short", 1_000)
  wait("middle", 2_000)
  expect(clock.timers).toBe(1)
  await clock.advance(1_500)
  expect(ended).toEqual(["short overdue"])
  expect(clock.timers).toBe(1)
  await clock.advance(500)
  expect(ended).toEqual(["short overdue", "middle overdue"])
  await clock.advance(1_000)
  expect(ended).toEqual(["short overdue", "middle overdue", "long overdue"])
  expect(clock.timers).toBe(0)
})

test("an answer after its time changes nothing", async () => {
  const clock = virtualClock()
  const deadlines = answerDeadlines(clock)
  const late = Promise.withResolvers<object>()
  const waited = deadlines.wait(late.promise, 1_000, signal)
  const other = deadlines.wait(never<object>(), 5_000, signal)
  await clock.advance(1_000)
  expect(await waited).toBeNull()
  late.resolve({})
  await clock.advance(4_000)
  expect(await other).toBeNull()
})

test("the end of a run ends the wait for all of its calls, and for no others", async () => {
  const clock = virtualClock()
  const deadlines = answerDeadlines(clock)
  const controller = new AbortController()
  const mine = [1, 2, 3].map(() => deadlines.wait(never<object>(), 1_000, controller.signal))
  const other = deadlines.wait(never<object>(), 1_000, signal)
  controller.abort(new Error("the run is over"))
  for (const wait of mine) await expect(wait).rejects.toThrow("the run is over")
  expect(deadlines.waiting).toBe(1)
  await clock.advance(1_000)
  expect(await other).toBeNull()
  await expect(deadlines.wait(Promise.reject(new Error("unseen")), 1_000, controller.signal)).rejects.toThrow("over")
})
