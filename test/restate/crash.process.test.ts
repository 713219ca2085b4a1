import { spawn, type ChildProcess } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, test } from "vitest"
import { realClock } from "../../src/base/clock.ts"
import { silentLogger } from "../../src/base/logger.ts"
import { seededRandom } from "../../src/base/random.ts"
import { createEngine } from "../../src/engine/engine.ts"
import { memoryJournal } from "../../src/engine/memory-journal.ts"
import { restateClient } from "../../src/engine/restate/restate-client.ts"
import { carriedInput, runRequest, type RunRequest } from "../../src/engine/restate/run-request.ts"
import { CRASH_GOAL, CRASH_SHAPES } from "../../src/engine/testing/crash-shapes.ts"
import { effectsPlatform } from "../../src/engine/testing/effects-platform.ts"
import { fakePolicy } from "../../src/engine/testing/fake-policy.ts"
import { fsStore } from "../../src/stores/fs/fs-store.ts"
import { memoryStore } from "../../src/stores/memory-store.ts"
import type { RunResult } from "../../src/workflow/run-result.ts"
import { askedKeys, surelyRecorded } from "./asked-keys.ts"
import { freePorts, startRestateServer, type RestateServer } from "./restate-server.ts"

/** Kills of each kind in this sample; TRIMTAB_RESTATE_KILLS raises it. Every three of them get runs of their own. */
const KILLS = Number(process.env["TRIMTAB_RESTATE_KILLS"] ?? 3)
const KILLS_PER_ROUND = 3

const SERVICE = "crash"
const WORKER = join(import.meta.dirname, "crash-worker.ts")
const cleanUps: (() => Promise<void> | void)[] = []

afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp()
})

describe("killed with SIGKILL while runs are under way", () => {
  test.each(["worker", "server"] as const)(
    "%s: every run ends with its output, nothing recorded is asked again, what was in flight once",
    async (victim) => {
      const on = await playground()
      const expected = await undisturbed()
      const random = seededRandom(victim === "worker" ? 1 : 2)
      for (let kills = 0, round = 0; kills < KILLS; round++) {
        const requests = await Promise.all(CRASH_SHAPES.map((_, i) => on.start(`${victim}${round}-${i}`, i)))
        let before = on.snapshot()
        for (let n = 0; n < KILLS_PER_ROUND && kills < KILLS; n++, kills++) {
          await untilMoved(on, before)
          await realClock.sleep(random.next() * 120)
          const atKill = await on.kill(victim)
          checkRepeats(before, atKill)
          before = atKill
          await on.restart(victim)
        }
        const results = await Promise.all(requests.map(on.result))
        checkRepeats(before, on.snapshot())
        expect(results.map(outcome)).toEqual(expected)
      }
    },
  )
})

/** Longest wait for a server to call the worker again after a kill, ms. */
const MOVED_MS = 6_000

/** A kill teaches nothing while the server still waits to try again: it comes when work goes on, or all is done. */
async function untilMoved(on: Playground, before: Snapshot): Promise<void> {
  const total = ({ asked }: Snapshot): number => [...asked.values()].reduce((sum, count) => sum + count, 0)
  for (let waitedMs = 0; waitedMs < MOVED_MS && total(on.snapshot()) === total(before); waitedMs += 20)
    await realClock.sleep(20)
}

interface Snapshot {
  readonly asked: ReadonlyMap<string, number>
  readonly sure: ReadonlySet<string>
}

/** I2, I4: what was recorded is not asked again, what was in flight once more; what is new, once. */
function checkRepeats(before: Snapshot, now: Snapshot): void {
  for (const [key, count] of now.asked) {
    const more = count - (before.asked.get(key) ?? 0)
    expect(more, `${key} asked again`).toBeLessThanOrEqual(before.sure.has(key) ? 0 : 1)
  }
}

function outcome({ workflow, status, output }: RunResult): string {
  return JSON.stringify({ workflow, status, output })
}

/** The same runs on the embedded engine, with nobody killed. */
async function undisturbed(): Promise<string[]> {
  const folder = temporary()
  const store = memoryStore()
  const engine = createEngine({
    journal: memoryJournal(),
    platform: effectsPlatform({ effectsPath: join(folder, "effects.txt"), store, longestMs: 0 }),
    store,
    policyFor: () => fakePolicy({ forget: true }),
    clock: realClock,
    random: seededRandom(1),
    logger: silentLogger,
  })
  const handles = await Promise.all(
    CRASH_SHAPES.map(({ workflow, input }) => engine.start({ workflow, input, goal: CRASH_GOAL })),
  )
  const results = await Promise.all(handles.map(({ result }) => result))
  await engine.close()
  return results.map(outcome)
}

interface Playground {
  start(runId: string, shape: number): Promise<RunRequest>
  result(this: void, request: RunRequest): Promise<RunResult>
  snapshot(): Snapshot
  kill(victim: "worker" | "server"): Promise<Snapshot>
  restart(victim: "worker" | "server"): Promise<void>
}

/** A server, a worker process and a client, with what the runs did in a file. */
async function playground(): Promise<Playground> {
  const folder = temporary()
  const store = fsStore(join(folder, "store"))
  const [port = 0] = await freePorts(1)
  const server: RestateServer = await startRestateServer({ folder })
  cleanUps.push(() => server.kill())
  let worker = await startWorker(folder, port)
  cleanUps.push(() => killed(worker))
  const client = restateClient({ address: server.address, service: SERVICE, clock: realClock })
  await client.register(`http://127.0.0.1:${port}`)
  const shapeOf = new Map<string, number>()
  const snapshot = (): Snapshot => {
    const asked = askedKeys(join(folder, "effects.txt"))
    return { asked, sure: surelyRecorded(asked, (run) => CRASH_SHAPES[shapeOf.get(run)!]!.workflow) }
  }
  return {
    snapshot,
    start: async (runId, shape) => {
      shapeOf.set(runId, shape)
      const { workflow, input } = CRASH_SHAPES[shape]!
      const carried = await carriedInput(runId, input, { store, clock: realClock })
      const request = runRequest({ runId, workflow, goal: CRASH_GOAL, input: carried, policy: null })
      await client.start(request)
      return request
    },
    result: (request) => client.result(request, { store, signal: AbortSignal.timeout(90_000) }),
    kill: async (victim) => {
      await (victim === "worker" ? killed(worker) : server.kill())
      return snapshot()
    },
    restart: async (victim) => {
      if (victim === "server") await server.restart()
      else worker = await startWorker(folder, port)
    },
  }
}

async function startWorker(folder: string, port: number): Promise<ChildProcess> {
  const worker = spawn(process.execPath, [WORKER, folder, String(port), SERVICE], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  await new Promise<void>((resolve, reject) => {
    worker.stdout.once("data", () => resolve())
    worker.once("exit", (code) => reject(new Error(`the worker ended with ${code}`)))
  })
  return worker
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((done) => child.once("exit", done))
  child.kill("SIGKILL")
  await gone
}

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), "trimtab-restate-crash-"))
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
