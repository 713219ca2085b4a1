import { describe, expect, test } from "vitest"
import { virtualClock, type VirtualClock } from "../base/testing/virtual-clock.ts"
import { memoryStore } from "../stores/memory-store.ts"
import { embeddedPort, type EmbeddedPort, type RecordedEntry } from "./embedded-port.ts"
import type { Entry } from "./journal.ts"
import { memoryDisk, memoryJournal } from "./memory-journal.ts"
import { newRun } from "./testing/test-journal.ts"

describe("effects and thoughts", () => {
  test("an effect waits until every earlier record is durable, a decision does not (E3)", async () => {
    const { port, commit } = portWith()
    const log: string[] = []
    const decide = port.run("decide/a#0.1", async () => void log.push("thought"))
    await port.race([decide])
    const invoke = port.run("invoke/a#0.1/0", async () => void log.push("effect"))
    const next = port.run("decide/b#0.1", async () => void log.push("thought"))
    await turns()
    expect(log).toEqual(["thought", "thought"])
    commit()
    await turns()
    expect(log).toEqual(["thought", "thought", "effect"])
    await port.race([invoke, next])
  })

  test("a race returns before its record is durable", async () => {
    const { port, entries } = portWith()
    const settled = await port.race([port.run("decide/a#0.1", async () => 1)])
    expect(settled).toMatchObject({ key: "decide/a#0.1", value: 1 })
    expect(entries()).toEqual([])
  })
})

describe("replay", () => {
  const recorded: RecordedEntry[] = [
    { key: "decide/b#0.1", atMs: 1_010, value: "b" },
    { key: "decide/a#0.1", atMs: 1_020, value: "a" },
  ]

  test("yields records in their order, whatever the order of asking, and runs nothing (E4, E6)", async () => {
    const { port } = portWith({ recorded })
    let ran = 0
    const ask = (key: string): ReturnType<EmbeddedPort["run"]> => port.run(key, async () => ran++)
    const a = ask("decide/a#0.1")
    const b = ask("decide/b#0.1")
    expect(port.live).toBe(false)
    expect(await port.race([a, b])).toEqual({ key: "decide/b#0.1", value: "b", atMs: 1_010 })
    expect(await port.race([a])).toEqual({ key: "decide/a#0.1", value: "a", atMs: 1_020 })
    expect(ran).toBe(0)
    expect(port.live).toBe(true)
  })

  test("stops at a record whose key is not pending", async () => {
    const { port } = portWith({ recorded })
    const a = port.run("decide/a#0.1", async () => 1)
    await expect(port.race([a])).rejects.toMatchObject({ code: "journal-mismatch" })
  })

  test("starts what was pending only after the whole past, and knows that it may have been sent before", async () => {
    const { port, commit } = portWith({ recorded })
    const ran: string[] = []
    const ask = (key: string): ReturnType<EmbeddedPort["run"]> => port.run(key, async () => ran.push(key))
    const invoke = ask("invoke/x#0.1/0")
    const a = ask("decide/a#0.1")
    const b = ask("decide/b#0.1")
    await port.race([invoke, a, b])
    await turns()
    expect(ran).toEqual([])
    await port.race([invoke, a])
    const race = port.race([invoke])
    commit()
    expect((await race).key).toBe("invoke/x#0.1/0")
    expect(port.wasAsked("invoke/x#0.1/0")).toBe(true)
    ask("invoke/y#0.1/0")
    expect(port.wasAsked("invoke/y#0.1/0")).toBe(false)
  })

  test("time never goes back, also when the clock was set back meanwhile", async () => {
    const { port } = portWith({ recorded: [{ key: "decide/a#0.1", atMs: 9e12, value: 1 }] })
    await port.race([port.run("decide/a#0.1", async () => 0)])
    const settled = await port.race([port.run("decide/b#0.1", async () => 0)])
    expect(settled.atMs).toBeGreaterThanOrEqual(9e12)
  })
})

describe("a durable timer", () => {
  test("counts from the record before it, over a restart", async () => {
    const clock = virtualClock(1_000)
    await clock.advance(400)
    const recorded = [{ key: "decide/a#0.1", atMs: 1_100, value: 1 }]
    const { port } = portWith({ clock, recorded, schedule: queueMicrotask })
    await port.race([port.run("decide/a#0.1", async () => 0)])
    const settled = await clock.runUntil(port.race([port.sleep("wait/a", 500)]))
    expect(settled.atMs).toBe(1_600)
  })
})

describe("a closure that throws", () => {
  test("stops the run (E8)", async () => {
    const { port } = portWith()
    const bug = port.run("decide/a#0.1", async () => {
      throw new Error("bug")
    })
    await expect(port.race([bug])).rejects.toThrow("bug")
  })
})

describe("a key", () => {
  test("is asked for once in a run", async () => {
    const { port } = portWith()
    port.run("decide/a#0.1", async () => 1)
    expect(() => port.run("decide/a#0.1", async () => 2)).toThrow("asked for twice")
  })
})

interface PortOptions {
  readonly clock?: VirtualClock
  readonly recorded?: readonly RecordedEntry[]
  readonly schedule?: (fn: () => void) => void
}

/** A port over a journal that commits when the test says so. */
function portWith(options: PortOptions = {}): { port: EmbeddedPort; commit: () => void; entries: () => Entry[] } {
  const disk = memoryDisk()
  const scheduled: (() => void)[] = []
  const commit = (): void => {
    for (const fn of scheduled.splice(0)) fn()
  }
  const journal = memoryJournal({ disk, schedule: options.schedule ?? ((fn) => scheduled.push(fn)) })
  const accepted = journal.accept(newRun("r"))
  commit()
  const port = embeddedPort({
    runId: "r",
    journal,
    store: memoryStore(),
    clock: options.clock ?? virtualClock(1_000),
    acceptedAtMs: 1_000,
    accepted,
    recorded: options.recorded ?? [],
  })
  return { port, commit, entries: () => disk.entries.get("r") ?? [] }
}

async function turns(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}
