import { expect, test } from "vitest"
import { seededRandom } from "../base/random.ts"
import { virtualClock } from "../base/testing/virtual-clock.ts"
import { answerDeadlines, type AnswerDeadlines, type Ticket } from "./answer-deadlines.ts"

const signal = new AbortController().signal

/** Registers an answer that notes how its wait ended. */
function wait(deadlines: AnswerDeadlines, dueMs: number, ends: string[], until: AbortSignal = signal): Ticket | null {
  const end = (how: string): void => {
    if (ticket !== null) deadlines.remove(ticket)
    ends.push(how)
  }
  let ticket: Ticket | null = null
  ticket = deadlines.add(
    { dueMs, overdue: () => end(`${dueMs} overdue`), abandoned: ({ message }) => end(`${dueMs} ${message}`) },
    until,
  )
  return ticket
}

test("gives each answer its own time, by one timer", async () => {
  const clock = virtualClock()
  const deadlines = answerDeadlines(clock)
  const ends: string[] = []
  for (const dueMs of [3_000, 1_000, 2_000]) wait(deadlines, dueMs, ends)
  expect(clock.timers).toBe(1)
  await clock.advance(1_500)
  expect(ends).toEqual(["1000 overdue"])
  expect(clock.timers).toBe(1)
  await clock.advance(500)
  expect(ends).toEqual(["1000 overdue", "2000 overdue"])
  await clock.advance(1_000)
  expect(ends).toEqual(["1000 overdue", "2000 overdue", "3000 overdue"])
  expect(clock.timers).toBe(0)
})

test("says nothing of an answer that has come, and keeps no timer for it", async () => {
  const clock = virtualClock()
  const deadlines = answerDeadlines(clock)
  const ends: string[] = []
  const first = wait(deadlines, 1_000, ends)
  const second = wait(deadlines, 2_000, ends)
  deadlines.remove(first!)
  expect(deadlines.waiting).toBe(1)
  deadlines.remove(second!)
  expect(clock.timers).toBe(0)
  await clock.advance(5_000)
  expect(ends).toEqual([])
})

test("an answer that comes and one that is asked for at a sweep leave the others their time", async () => {
  const clock = virtualClock()
  const deadlines = answerDeadlines(clock)
  const ends: string[] = []
  const again = deadlines.add(
    {
      dueMs: 1_000,
      overdue: () => {
        deadlines.remove(again!)
        wait(deadlines, 1_500, ends)
      },
      abandoned: () => {},
    },
    signal,
  )
  wait(deadlines, 4_000, ends)
  await clock.advance(2_000)
  expect(ends).toEqual(["1500 overdue"])
  await clock.advance(2_000)
  expect(ends).toEqual(["1500 overdue", "4000 overdue"])
})

test("the end of a run ends the wait for all of its answers, and for no others", async () => {
  const clock = virtualClock()
  const deadlines = answerDeadlines(clock)
  const controller = new AbortController()
  const ends: string[] = []
  for (const dueMs of [1_000, 2_000]) wait(deadlines, dueMs, ends, controller.signal)
  wait(deadlines, 3_000, ends)
  controller.abort(new Error("over"))
  expect(ends).toEqual(["1000 over", "2000 over"])
  expect(deadlines.waiting).toBe(1)
  wait(deadlines, 4_000, ends, controller.signal)
  expect(ends.at(-1)).toBe("4000 over")
  await clock.advance(3_000)
  expect(ends.at(-1)).toBe("3000 overdue")
})

test("answers that come in any order leave the others where they are found", async () => {
  const clock = virtualClock()
  const deadlines = answerDeadlines(clock)
  const ends: string[] = []
  const other = new AbortController()
  const tickets = Array.from({ length: 40 }, (_, i) =>
    wait(deadlines, 1_000 + i, ends, i % 3 === 0 ? other.signal : signal),
  )
  const random = seededRandom(7)
  const left = new Set(tickets.keys())
  while (left.size > 10) {
    const i = [...left][Math.floor(random.next() * left.size)]!
    deadlines.remove(tickets[i]!)
    left.delete(i)
  }
  other.abort(new Error("over"))
  await clock.advance(2_000)
  const expected = [...left].map((i) => `${1_000 + i} ${i % 3 === 0 ? "over" : "overdue"}`)
  expect(ends.toSorted()).toEqual(expected.toSorted())
  expect(deadlines.waiting).toBe(0)
})
