import { describe, expect, test } from "vitest"
import type { Json } from "../../base/json.ts"
import type { CallTarget, DurablePort, Pending } from "../port.ts"

/** A port, and whether a key was asked for before a crash. */
export type PortUnderTest = DurablePort & { wasAsked(key: string): boolean }

/** Thrown by a script where its process would have been killed. */
export class Crash extends Error {}

/** Part of a run, in place of the engine's loop. `attempt` is 0, then one more after each crash. */
export type Script<T extends Json = Json> = (port: PortUnderTest, attempt: number) => Promise<T>

export interface PortHarness {
  /** Runs a script to its end over one run; after a `Crash` it is begun again on the records that it left. */
  run<T extends Json>(script: Script<T>): Promise<T>
  /** A handler that answers what `double` says, and counts its calls; absent where `call` is not there. */
  readonly doubling?: { readonly target: CallTarget; readonly calls: () => number }
}

/** Tests that a port cannot pass, with the reason. */
export interface PortExemption {
  readonly reason: string
  readonly tests: readonly string[]
}

/** What every durable port must do, whatever keeps its records. */
export function testDurablePort(
  name: string,
  harness: () => PortHarness,
  exemptions: readonly PortExemption[] = [],
): void {
  const excused = new Map(exemptions.flatMap(({ reason, tests }) => tests.map((title) => [title, reason])))
  const it = (title: string, body: () => Promise<void>): void =>
    excused.has(title) ? test.skip(`${title} (${excused.get(title)})`, body) : test(title, body)

  describe(`${name} port`, () => {
    it("gives back a closure's value with its key, at instants that never go back", async () => {
      const instants = await harness().run(async (port) => {
        const seen = [await port.now()]
        for (const n of [1, 2, 3]) {
          const settled = await port.race([port.run(invoke(n), async () => ({ n }))])
          expect(settled).toMatchObject({ key: invoke(n), value: { n } })
          seen.push(settled.atMs)
        }
        return seen
      })
      expect(instants).toEqual(instants.toSorted((a, b) => a - b))
      expect(instants[0]).toBeGreaterThan(Date.UTC(2020))
    })

    it("runs a recorded closure never again, and starts at the same instant after a crash (E4)", async () => {
      const ran: string[] = []
      const starts: number[] = []
      const values = await harness().run(async (port, attempt) => {
        starts.push(await port.now())
        const settled: Json[] = []
        for (const n of [1, 2, 3]) {
          const { value } = await port.race([port.run(invoke(n), async () => `${n} of ${ran.push(invoke(n))}`)])
          settled.push(value as Json)
          if (attempt === 0 && n === 2) throw new Crash()
        }
        return settled
      })
      expect(ran).toEqual([1, 2, 3].map(invoke))
      expect(values).toEqual(["1 of 1", "2 of 2", "3 of 3"])
      expect(new Set(starts).size).toBe(1)
      expect(starts).toHaveLength(2)
    })

    it("yields winners in the order in which the loop saw them, also when another would be first now (E6)", async () => {
      const orders: string[][] = []
      await harness().run(async (port, attempt) => {
        const order: string[] = []
        orders.push(order)
        await port.now()
        // The first time the last one asked is the quickest, after the crash the slowest.
        const pending = [80, 40, 1].map((ms, n) =>
          port.run(invoke(n), () => after(attempt === 0 ? ms : (2 - n) * 20, n)),
        )
        for (let won = 0; won < 3; won++) {
          order.push((await next(port, pending)).key)
          if (attempt === 0 && won === 1) throw new Crash()
        }
        return null
      })
      expect(orders[0]).toEqual([invoke(2), invoke(1)])
      expect(orders[1]).toEqual([invoke(2), invoke(1), invoke(0)])
    })

    it("runs again what was in flight, and says so; what comes after is new (E5)", async () => {
      const ran: string[] = []
      const asked = await harness().run(async (port, attempt) => {
        await port.now()
        const run = (n: number, ms: number): Pending =>
          port.run(invoke(n), () => {
            ran.push(`${invoke(n)} in attempt ${attempt}`)
            return after(ms, n)
          })
        const pending = [run(0, 1), run(1, attempt === 0 ? 10_000 : 1)]
        await next(port, pending)
        if (attempt === 0) throw new Crash()
        await next(port, pending)
        await port.race([run(2, 1)])
        return [0, 1, 2].map((n) => port.wasAsked(invoke(n)))
      })
      expect(ran).toEqual([
        `${invoke(0)} in attempt 0`,
        `${invoke(1)} in attempt 0`,
        `${invoke(1)} in attempt 1`,
        `${invoke(2)} in attempt 1`,
      ])
      expect(asked.slice(1)).toEqual([true, false])
    })

    it("takes successors that start when their own predecessor ends, over a crash: seven chains", async () => {
      const ran = new Map<string, number>()
      const done = await harness().run(async (port, attempt) => {
        await port.now()
        const step = (chain: number, n: number): Pending => {
          const key = `invoke/c${chain}n${n}#0.1/0`
          return port.run(key, () => {
            ran.set(key, (ran.get(key) ?? 0) + 1)
            return after(((chain * 7 + n * 13 + attempt * 5) % 11) * 4, key)
          })
        }
        const pending = Array.from({ length: 7 }, (_, chain) => step(chain, 0))
        let ended = 0
        while (pending.length > 0) {
          const [, chain, n] = /c(\d)n(\d)/.exec((await next(port, pending)).key)!
          ended++
          if (attempt === 0 && ended === 10) throw new Crash()
          if (Number(n) < 3) pending.push(step(Number(chain), Number(n) + 1))
        }
        return ended
      })
      expect(done).toBe(28)
      expect(ran.size).toBe(28)
      // Ten were recorded; of the others at most the seven in flight ran twice.
      const twice = [...ran.values()].filter((times) => times > 1).length
      expect(twice).toBeLessThanOrEqual(7)
      expect(Math.max(...ran.values())).toBeLessThanOrEqual(2)
    })

    it("yields each of a hundred pending entries once", async () => {
      const keys = await harness().run(async (port) => {
        await port.now()
        const pending = Array.from({ length: 100 }, (_, n) => port.run(invoke(n), () => after((n * 37) % 17, n)))
        const seen: string[] = []
        while (pending.length > 0) seen.push((await next(port, pending)).key)
        return seen
      })
      expect(new Set(keys).size).toBe(100)
      expect(keys).toHaveLength(100)
    })

    it("has a timer that a crash does not begin anew", async () => {
      const order = await harness().run(async (port, attempt) => {
        const startMs = await port.now()
        const pending = [port.sleep("wait/a#0.1", 500), port.run(invoke(1), () => after(300, 1))]
        await next(port, pending)
        if (attempt === 0) throw new Crash()
        // 200 ms are left of the timer, or 500 if it began anew.
        pending.push(port.run(invoke(2), () => after(400, 2)))
        const first = await next(port, pending)
        // By the wall clock a timer may fire a moment early.
        expect(first.atMs - startMs).toBeGreaterThan(490)
        return [first.key, (await next(port, pending)).key]
      })
      expect(order).toEqual(["wait/a#0.1", invoke(2)])
    })

    it("takes values that are too large for a record, over a crash", async () => {
      const text = "é".repeat(150_000)
      let ran = 0
      const lengths = await harness().run(async (port, attempt) => {
        await port.now()
        const { value } = await port.race([
          port.run(invoke(1), async () => {
            ran++
            return { text }
          }),
        ])
        if (attempt === 0) throw new Crash()
        expect(value).toEqual({ text })
        return (value as { text: string }).text.length
      })
      expect(lengths).toBe(150_000)
      expect(ran).toBe(1)
    })

    it("refuses a key that was asked for", async () => {
      const message = await harness().run(async (port) => {
        await port.now()
        const first = port.run(invoke(1), async () => 1)
        const refused = messageOfThrow(() => port.run(invoke(1), async () => 2))
        await port.race([first])
        return refused
      })
      expect(message).toContain("was asked for twice")
    })

    it("breaks on a closure that throws, which is a bug (E8)", async () => {
      const message = await harness().run(async (port) => {
        await port.now()
        const bug = port.run(invoke(1), async () => {
          throw new Error("a bug of ours")
        })
        return port.race([bug]).then(
          () => "nothing",
          (error: Error) => error.message,
        )
      })
      expect(message).toContain("a bug of ours")
    })

    it("calls another handler once, over a crash", async () => {
      const on = harness()
      const { target, calls } = on.doubling!
      const before = calls()
      const value = await on.run(async (port, attempt) => {
        await port.now()
        const settled = await port.race([port.call("run/a#0", target, 21)])
        if (attempt === 0) throw new Crash()
        return settled.value as Json
      })
      expect(value).toBe(42)
      expect(calls() - before).toBe(1)
    })
  })
}

function invoke(n: number): string {
  return `invoke/s${n}#0.1/0`
}

/** The next winner, taken off the list. */
async function next(port: DurablePort, pending: Pending[]): Promise<{ key: string; atMs: number }> {
  const settled = await port.race(pending)
  pending.splice(
    pending.findIndex(({ key }) => key === settled.key),
    1,
  )
  return settled
}

function after<T>(ms: number, value: T): Promise<T> {
  return new Promise((resolve) => void setTimeout(() => resolve(value), ms))
}

function messageOfThrow(act: () => unknown): string {
  try {
    act()
    return "nothing"
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
