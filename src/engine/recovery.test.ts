import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { seededRandom, seedOf } from "../base/random.ts"
import { barrier16, chain, diamond, fromEdges, sevenChains } from "../workflow/testing/workflows.ts"
import type { EngineOptions } from "./engine.ts"
import { parseKey, partKey } from "./keys.ts"
import { memoryDisk, memoryJournal, type MemoryDisk } from "./memory-journal.ts"
import { CRASH_SHAPES } from "./testing/crash-shapes.ts"
import { fakePolicy } from "./testing/fake-policy.ts"
import { GOAL, testEngine, type TestEngine } from "./testing/test-engine.ts"

describe("a run that is resumed after any of its records", () => {
  test.each([chain, diamond, sevenChains, barrier16, ...CRASH_SHAPES.map((shape) => shape.workflow)])(
    "ends as it would have, and asks for nothing that was recorded: $name",
    async (workflow) => {
      const whole = engineFor(1)
      const expected = await whole.run(workflow, [1, 2, 3])
      const total = whole.disk.entries.get(expected.runId)!.length
      for (let kept = 0; kept <= total; kept++) await resumeAfter(whole, expected.runId, kept)
    },
  )

  test("also when steps take other times after the restart (random workflows, random points)", async () => {
    await fc.assert(
      fc.asyncProperty(randomDag(), fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), async (edges, seed, at) => {
        const whole = engineFor(seed)
        const { runId } = await whole.run(fromEdges("random", edges), seed)
        const total = whole.disk.entries.get(runId)!.length
        await resumeAfter(whole, runId, Math.floor(at * (total + 1)), seed + 1)
      }),
      { numRuns: 60, seed: 20_260_101 },
    )
  })
})

describe("a run whose records do not fit", () => {
  test("breaks, with the place, and others go on", async () => {
    const first = testEngine()
    const a = await first.run(chain, 1)
    const b = await first.run(chain, 2)
    const disk = cut(first.disk, 4)
    disk.entries.get(a.runId)![1] = { ...disk.entries.get(a.runId)![1]!, key: "invoke/c#0.1/0" }
    const { results } = await resumeOn(disk)
    expect(results.get(a.runId)).toMatchObject({ status: "broken", error: { errorType: "journal-mismatch" } })
    expect(results.get(a.runId)!.error!.message).toContain("record 1 is invoke/c#0.1/0")
    expect(results.get(b.runId)).toMatchObject({ status: "succeeded", output: b.output })
  })
})

describe("an engine that is closed", () => {
  test("leaves its runs to be resumed", async () => {
    const first = testEngine({ platform: { script: () => ({ durationMs: 100 }) } })
    const handle = await first.clock.runUntil(first.engine.start({ workflow: chain, input: 5, goal: GOAL }))
    await first.clock.advance(150)
    await first.clock.runUntil(first.engine.close())
    await expect(handle.result).rejects.toMatchObject({ code: "interrupted" })
    const second = testEngine({ after: first, platform: { script: () => ({ durationMs: 100 }) } })
    expect(second.engine.runs()).toMatchObject([{ status: "running", live: false }])
    const [resumed] = await second.clock.runUntil(second.engine.resumeAll())
    const result = await second.clock.runUntil(resumed!.result)
    expect(result).toMatchObject({ status: "succeeded", runId: handle.runId })
    expect(second.platform.calls.map((call) => [call.functionName, call.repeat])).toEqual([
      ["b", 1],
      ["c", 0],
    ])
  })

  test("ends a run on the workflow that it began with, though the next one has another structure", async () => {
    const first = testEngine({ platform: { script: () => ({ durationMs: 100 }) } })
    await first.clock.runUntil(first.engine.start({ workflow: chain, input: 5, goal: GOAL }))
    await first.clock.advance(150)
    await first.clock.runUntil(first.engine.close())
    const second = testEngine({ after: first, platform: { script: () => ({ durationMs: 100 }) } })
    const changed = { ...diamond, name: chain.name }
    const [resumed] = await second.clock.runUntil(second.engine.resumeAll())
    const fresh = await second.run(changed, 5)
    const old = await second.clock.runUntil(resumed!.result)
    expect(old.steps.map(({ name }) => name)).toEqual(["a", "b", "c"])
    expect(fresh.steps.map(({ name }) => name)).toEqual(["a", "b", "c", "d"])
    expect([old.status, fresh.status]).toEqual(["succeeded", "succeeded"])
  })

  test("asks for the policy that decided last", async () => {
    const first = testEngine({ platform: { script: () => ({ durationMs: 100 }) } })
    await first.clock.runUntil(first.engine.start({ workflow: chain, input: 5, goal: GOAL }))
    await first.clock.advance(150)
    await first.clock.runUntil(first.engine.close())
    const asked: (string | null)[] = []
    const policyFor: EngineOptions["policyFor"] = (_, __, decidedBy) => {
      asked.push(decidedBy)
      return fakePolicy()
    }
    const second = testEngine({ after: first, policyFor })
    const [resumed] = await second.clock.runUntil(second.engine.resumeAll())
    await second.clock.runUntil(resumed!.result)
    await second.run(chain, 6)
    expect(asked).toEqual([first.policy.name, null])
  })

  test("the nearest deadline is resumed first", async () => {
    const first = testEngine({ platform: { script: () => ({ durationMs: 100 }) } })
    const begin = (sloMs: number): Promise<unknown> =>
      first.clock.runUntil(
        first.engine.start({ workflow: chain, input: sloMs, goal: { ...GOAL, sloMs } as typeof GOAL }),
      )
    for (const sloMs of [9_000, 3_000, 6_000]) await begin(sloMs)
    await first.clock.runUntil(first.engine.close())
    const second = testEngine({ after: first })
    const handles = await second.clock.runUntil(second.engine.resumeAll())
    const slos = handles.map((handle) => second.engine.runs().find((run) => run.runId === handle.runId)?.goal)
    expect(slos).toMatchObject([{ sloMs: 3_000 }, { sloMs: 6_000 }, { sloMs: 9_000 }])
    await second.clock.runUntil(second.engine.close())
  })
})

describe("values over 128 KiB", () => {
  test("live in the store, and come back after a restart", async () => {
    const first = testEngine({ platform: { script: () => ({ results: ["é".repeat(90_000)] }) } })
    const input = "z".repeat(200_000)
    const whole = await first.run(chain, input)
    const kinds = first.disk.entries.get(whole.runId)!.map((entry) => entry.kind)
    expect(first.disk.runs.get(whole.runId)!.inputKind).toBe("ref")
    expect(kinds).toContain("run-ref")
    expect(first.platform.calls[0]!.tasks).toEqual([])
    expect(await first.engine.result(whole.runId)).toEqual(whole)
  })
})

/** An engine whose steps take times drawn from the seed. */
function engineFor(seed: number, after?: { disk: MemoryDisk; store: TestEngine["store"] }): TestEngine {
  return testEngine({
    ...(after === undefined ? {} : { journal: memoryJournal({ disk: after.disk }), store: after.store }),
    platform: {
      script: ({ functionName, tasks, key }) => ({
        results: tasks.map((task) => [functionName, JSON.stringify(task).length]),
        durationMs: Math.floor(seededRandom(seedOf(`${seed} ${key.slice(33)}`)).next() * 50),
      }),
    },
  })
}

/** Plays a crash after `kept` records, resumes, and compares. */
async function resumeAfter(whole: TestEngine, runId: string, kept: number, seed: number = 1): Promise<void> {
  const expected = (await whole.engine.result(runId))!
  const disk = cut(whole.disk, kept)
  const recorded = [...(disk.entries.get(runId) ?? [])]
  const second = engineFor(seed, { disk, store: whole.store })
  const [handle] = await second.clock.runUntil(second.engine.resumeAll())
  const result = await second.clock.runUntil(handle!.result)
  expect(result.status).toBe("succeeded")
  expect(JSON.stringify(result.output)).toBe(JSON.stringify(expected.output))
  // What was recorded is not asked again (I2); everything else exactly once, under its key (I4).
  const done = new Set(recorded.flatMap((entry) => idempotencyKeys(runId, entry.key)))
  const asked = second.platform.calls.map((call) => call.key)
  expect(asked.filter((key) => done.has(key))).toEqual([])
  expect(new Set(asked).size).toBe(asked.length)
  expect(done.size + asked.length).toBe(whole.platform.calls.filter((call) => call.key.startsWith(runId)).length)
  // The records of before stay as they are (E4).
  expect(disk.entries.get(runId)!.slice(0, kept)).toEqual(recorded)
}

async function resumeOn(disk: MemoryDisk): Promise<{ results: Map<string, Awaited<ReturnType<TestEngine["run"]>>> }> {
  const second = testEngine({ journal: memoryJournal({ disk }) })
  const handles = await second.clock.runUntil(second.engine.resumeAll())
  const results = await second.clock.runUntil(Promise.all(handles.map((handle) => handle.result)))
  return { results: new Map(results.map((result) => [result.runId, result])) }
}

/** What is left on disk when every run was cut off after so many records. */
function cut(disk: MemoryDisk, kept: number): MemoryDisk {
  const left = memoryDisk()
  for (const [hash, text] of disk.definitions) left.definitions.set(hash, text)
  for (const [runId, run] of disk.runs)
    left.runs.set(runId, { ...run, status: "running", finishedAtMs: null, result: null })
  for (const [runId, entries] of disk.entries) left.entries.set(runId, entries.slice(0, kept))
  return left
}

function idempotencyKeys(runId: string, key: string): string[] {
  const parsed = parseKey(key)
  return parsed?.kind === "invoke" ? [partKey(runId, parsed.id, parsed.batch)] : []
}

/** Edges of a DAG: each step depends on some of those before it. */
function randomDag(): fc.Arbitrary<Record<string, string[]>> {
  return fc
    .array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 12 })
    .map((lists) =>
      Object.fromEntries(
        lists.map((parents, i) => [`s${i}`, i === 0 ? [] : [...new Set(parents.map((p) => `s${p % i}`))]]),
      ),
    )
}
