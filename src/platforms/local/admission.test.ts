import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Admission, type AdmissionAnswer, type AdmissionTicket } from "./admission.ts"

const ticketOf = (answer: AdmissionAnswer): AdmissionTicket => {
  if ("refused" in answer) throw new Error(answer.refused)
  return answer.ticket
}

describe("admission", () => {
  it("lets in what fits, and makes the next one wait until there is room", async () => {
    const admission = new Admission(1.8, "queue")
    const first = ticketOf(await admission.admit(1))
    const second = admission.admit(1)
    expect(admission.queued).toBe(1)
    first.release()
    expect(ticketOf(await second).waitMs).toBeGreaterThanOrEqual(0)
    expect(admission.usedVcpus).toBe(1)
  })

  it("runs alone what exceeds the total by itself", async () => {
    const admission = new Admission(1.8, "queue")
    const large = ticketOf(await admission.admit(5.79))
    const small = admission.admit(0.07)
    expect(admission.queued).toBe(1)
    large.release()
    ticketOf(await small)
  })

  it("keeps the order: a small request does not overtake a large one", async () => {
    const admission = new Admission(2, "queue")
    const first = ticketOf(await admission.admit(1))
    const order: string[] = []
    const large = admission.admit(2).then((answer) => {
      order.push("large")
      ticketOf(answer).release()
    })
    const small = admission.admit(0.5).then(() => order.push("small"))
    first.release()
    await Promise.all([large, small])
    expect(order).toEqual(["large", "small"])
  })

  it("takes shares whose sum is the total but for rounding", async () => {
    const admission = new Admission(1.8, "reject")
    for (let i = 0; i < 3; i++) ticketOf(await admission.admit(0.6))
    expect(await admission.admit(0.01)).toHaveProperty("refused")
  })

  it("refuses or ignores, as told", async () => {
    const rejecting = new Admission(1, "reject")
    ticketOf(await rejecting.admit(1))
    expect(await rejecting.admit(1)).toHaveProperty("refused")
    const off = new Admission(1, "off")
    for (let i = 0; i < 5; i++) expect(ticketOf(await off.admit(1)).waitMs).toBe(0)
  })

  it("releases once however often it is told to", async () => {
    const admission = new Admission(2, "queue")
    const one = ticketOf(await admission.admit(1))
    ticketOf(await admission.admit(1))
    one.release()
    one.release()
    expect(admission.usedVcpus).toBe(1)
  })

  it("never exceeds the total but for one that runs alone, and forgets nobody", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.double({ min: 0.05, max: 3, noNaN: true }), { maxLength: 30 }), async (sizes) => {
        const admission = new Admission(1.8, "queue")
        let running = 0
        let used = 0
        await Promise.all(
          sizes.map(async (vcpus) => {
            const ticket = ticketOf(await admission.admit(vcpus))
            running++
            used += vcpus
            expect(used <= 1.8 + 1e-6 || running === 1).toBe(true)
            await Promise.resolve()
            running--
            used -= vcpus
            ticket.release()
          }),
        )
        expect(admission.queued).toBe(0)
        expect(admission.usedVcpus).toBeCloseTo(0)
      }),
    )
  })
})
