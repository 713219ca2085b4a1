import { expect, test } from "vitest"
import { logClock } from "./log-clock.ts"

const MINUTE = 60_000

test.each([-5, 0, 5])("with a clock that is %i minutes ahead, only silence moves the time on", (minutes) => {
  const clock = logClock()
  const ahead = minutes * MINUTE
  // A line every second, read 200 ms later.
  for (let ms = 1e6; ms < 1e6 + 10_000; ms += 1000)
    expect(clock.at({ nowMs: ms + 200, heardMs: ms + ahead })).toBe(ms + ahead)
  const lastMs = 1e6 + 9_000
  expect(clock.at({ nowMs: lastMs + 60_200, heardMs: lastMs + ahead })).toBe(lastMs + ahead + 60_000)
})

test("a log of last month has ended", () => {
  expect(logClock().at({ nowMs: 1e10, heardMs: 1e9 })).toBe(1e10)
})

test("a jump of this machine's clock backwards brings no time back", () => {
  const clock = logClock()
  expect(clock.at({ nowMs: 1e9 + 200, heardMs: 1e9 })).toBe(1e9)
  expect(clock.at({ nowMs: 1e9 - 60 * MINUTE, heardMs: 1e9 + 1000 })).toBeGreaterThanOrEqual(1e9 + 1000)
})
