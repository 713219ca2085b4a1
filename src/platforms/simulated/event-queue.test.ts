import fc from "fast-check"
import { expect, test } from "vitest"
import { EventQueue, type QueuedEvent } from "./event-queue.ts"

test("events come by instant, and those of one instant in the order of their making", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 200 }), (instants) => {
      const queue = new EventQueue()
      const expected = instants.map((atMs, i) => ({ atMs, i })).sort((a, b) => a.atMs - b.atMs || a.i - b.i)
      const made = instants.map((atMs) => queue.add(atMs, () => {}))
      const taken = instants.map(() => queue.take()!)
      expect(taken).toEqual(expected.map(({ i }) => made[i]))
      expect(queue.take()).toBeUndefined()
    }),
  )
})

test("a cancelled event never happens, whatever was cancelled around it", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ atMs: fc.nat(50), kept: fc.boolean() }), { maxLength: 300 }), (items) => {
      const queue = new EventQueue()
      const events = items.map(({ atMs, kept }) => ({ kept, event: queue.add(atMs, () => {}) }))
      for (const { kept, event } of events) if (!kept) queue.cancel(event)
      const left = events.filter(({ kept }) => kept).map(({ event }) => event)
      expect(queue.size).toBe(left.length)
      const taken: QueuedEvent[] = []
      for (let event = queue.take(); event !== undefined; event = queue.take()) taken.push(event)
      expect(taken).toEqual(left.toSorted((a, b) => a.atMs - b.atMs || a.order - b.order))
    }),
  )
})

test("timers that are set and cancelled without end take no room", () => {
  const queue = new EventQueue()
  for (let i = 0; i < 100_000; i++) queue.cancel(queue.add(1_000_000 + i, () => {}))
  expect(queue.size).toBe(0)
  expect(queue.take()).toBeUndefined()
})
