import { expect, test } from "vitest"
import { simulationClock } from "./simulation-clock.ts"

test("an hour passes at once, and everybody sees the instant they asked for", async () => {
  const clock = simulationClock()
  const seen: number[] = []
  const sleeper = async (ms: number): Promise<void> => {
    await clock.sleep(ms)
    seen.push(clock.monotonicMs())
  }
  await clock.run(Promise.all([sleeper(3_600_000), sleeper(5), sleeper(60_000)]))
  expect(seen).toEqual([5, 60_000, 3_600_000])
})

test("an event waits until all that the one before set off has run, however long the chain of promises", async () => {
  const clock = simulationClock()
  const seen: string[] = []
  const long = async (): Promise<void> => {
    await clock.sleep(10)
    for (let i = 0; i < 500; i++) await Promise.resolve()
    seen.push("end of the chain")
    await clock.sleep(0)
    seen.push("asked for by it")
  }
  clock.after(11, () => seen.push("next event"))
  await clock.run(long())
  await clock.run(clock.sleep(2))
  expect(seen).toEqual(["end of the chain", "asked for by it", "next event"])
})

test("waiting for what no event will bring is an error that says when it stood still", async () => {
  const clock = simulationClock()
  await clock.run(clock.sleep(1234))
  await expect(clock.run(new Promise(() => {}))).rejects.toThrow("stands still at 1234 ms")
})

test("a cancelled timer does not fire, and an aborted sleep rejects with the reason", async () => {
  const clock = simulationClock()
  const controller = new AbortController()
  let fired = false
  const cancel = clock.after(5, () => (fired = true))
  cancel()
  clock.after(3, () => controller.abort(new Error("enough")))
  await expect(clock.run(clock.sleep(100, controller.signal))).rejects.toThrow("enough")
  expect([fired, clock.monotonicMs(), clock.pending]).toEqual([false, 3, 0])
})

test("an event that throws ends the run with its error", async () => {
  const clock = simulationClock()
  clock.after(1, () => {
    throw new Error("a bug")
  })
  await expect(clock.run(clock.sleep(2))).rejects.toThrow("a bug")
})

test("an abort from outside ends a run that would go on for ever", async () => {
  const clock = simulationClock()
  const controller = new AbortController()
  const forEver = async (): Promise<void> => {
    for (;;) await clock.sleep(1)
  }
  setImmediate(() => controller.abort(new Error("interrupted")))
  await expect(clock.run(forEver(), controller.signal)).rejects.toThrow("interrupted")
  expect(clock.events).toBeGreaterThan(100)
})

test("a jump of the wall clock moves no duration", () => {
  const clock = simulationClock(1_000)
  clock.jumpWall(-3_600_000)
  expect([clock.nowMs(), clock.monotonicMs()]).toEqual([-3_599_000, 0])
})
