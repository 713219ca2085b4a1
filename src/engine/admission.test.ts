import { expect, test } from "vitest"
import { admission, type Admission } from "./admission.ts"
import { FAKE_LIMITS } from "./testing/fake-platform.ts"

const limits = { ...FAKE_LIMITS, concurrency: { account: 3, keepFree: 1 } }
const never = new AbortController().signal

function fill(gate: Admission): void {
  while (gate.inFlight < 2) expect(gate.enter("a", never)).toBeNull()
}

test("lets in what fits at once, and keeps the reserve free", () => {
  const gate = admission(limits)
  expect(gate.enter("a", never)).toBeNull()
  expect(gate.enter("a", never)).toBeNull()
  expect(gate.enter("a", never)).not.toBeNull()
  expect(gate.inFlight).toBe(2)
})

test("runs take turns, however much one of them asks for", async () => {
  const gate = admission(limits)
  fill(gate)
  const order: string[] = []
  const wait = (run: string): void => void gate.enter(run, never)?.then(() => order.push(run))
  for (const run of ["a", "a", "a", "a", "b", "c", "b"]) wait(run)
  for (let i = 0; i < 7; i++) gate.release()
  await new Promise((resolve) => setImmediate(resolve))
  expect(order).toEqual(["a", "b", "c", "a", "b", "a", "a"])
})

test("who gives up leaves the queue", async () => {
  const gate = admission(limits)
  fill(gate)
  const controller = new AbortController()
  const given = gate.enter("b", controller.signal)!
  const next = gate.enter("c", never)!
  controller.abort(new Error("enough"))
  await expect(given).rejects.toThrow("enough")
  gate.release()
  await next
  expect(gate.inFlight).toBe(2)
})
