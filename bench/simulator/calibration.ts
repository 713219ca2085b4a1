// The simulated AWS Lambda against public rows that its fit did not see, quantile by quantile: cold init, starts of
// bursts, keep-alive, CPU by memory.
import { constant } from "../../src/statistics/quantile-table.ts"
import { sampleQuantile } from "../../src/statistics/order-statistics.ts"
import { variantOf } from "../../src/platforms/platform.ts"
import { DEFAULT_LAW, lawFunction, type FunctionLaw } from "../../src/platforms/simulated/law-function.ts"
import type { PlatformParameters } from "../../src/platforms/simulated/parameters.ts"
import { preset } from "../../src/platforms/simulated/presets.ts"
import { simulatedPlatform, type SimulatedPlatform } from "../../src/platforms/simulated/simulated-platform.ts"
import type { InvocationRecord } from "../../src/protocol/invocation-record.ts"
import type { Bench } from "../bench.ts"
import { cpuData, HELD_OUT, idleData, initData, startData } from "./fit/data.ts"
import { fitCpu } from "./fit/cpu.ts"
import { fitKeepAlive, logisticFit } from "./fit/keep-alive.ts"
import { initsOf } from "./fit/lambda.ts"
import { COLD_FROM_MS, fitStarts, heldOutBursts } from "./fit/starts.ts"

/** One simulated quantile beside the real one. */
interface Row {
  readonly table: "calibration"
  readonly what: "cold init" | "burst start" | "keep-alive" | "cpu"
  readonly of: string
  readonly p: number
  readonly realMs: number
  readonly simulatedMs: number
  readonly errorPct: number
  /** How far two halves of the real rows lie apart, %. */
  readonly halvesPct: number
  readonly within: boolean
}

/** What is allowed: 10 % in the body, 20 % at P99, or the distance of two halves of the real rows where that is more. */
const ALLOWED_PCT = { body: 10, tail: 20 }

export const bench: Bench = async () => {
  const rows = [...(await initRows()), ...(await burstRows()), ...(await keepAliveRows()), ...(await cpuRows())]
  const share = (what: Row["what"]): number => percent(rows.filter((row) => row.what === what))
  const worst = (what: Row["what"], p: (p: number) => boolean): number =>
    round(
      sampleQuantile(
        rows.filter((row) => row.what === what && p(row.p)).map((row) => Math.abs(row.errorPct)),
        0.5,
      ),
    )
  return {
    summary: {
      initWithinPct: share("cold init"),
      burstWithinPct: share("burst start"),
      keepAliveWithinPct: share("keep-alive"),
      cpuWithinPct: share("cpu"),
      initErrorPct: worst("cold init", (p) => p < 0.99),
      initTailErrorPct: worst("cold init", (p) => p === 0.99),
      burstErrorPct: worst("burst start", (p) => p < 0.99),
      burstTailErrorPct: worst("burst start", (p) => p === 0.99),
      keepAliveErrorPct: worst("keep-alive", () => true),
      cpuErrorPct: worst("cpu", (p) => p < 0.99),
      cpuTailErrorPct: worst("cpu", (p) => p === 0.99),
      meetsCalibration: rows.every((row) => row.within),
    },
    reasons: {},
    rows,
  }
}

function percent(rows: readonly Row[]): number {
  return round((100 * rows.filter((row) => row.within).length) / rows.length)
}

interface Pair {
  readonly what: Row["what"]
  readonly of: string
  readonly p: number
  readonly real: number
  readonly simulated: number
  readonly halves: readonly [number, number]
}

function rowOf({ what, of, p, real, simulated, halves }: Pair): Row {
  const errorPct = 100 * (simulated / real - 1)
  const halvesPct = (100 * Math.abs(halves[0] - halves[1])) / real
  const allowed = Math.max(p >= 0.99 ? ALLOWED_PCT.tail : ALLOWED_PCT.body, halvesPct)
  const rounded = {
    realMs: round(real),
    simulatedMs: round(simulated),
    errorPct: round(errorPct),
    halvesPct: round(halvesPct),
  }
  return { table: "calibration", what, of, p, ...rounded, within: Math.abs(errorPct) <= allowed }
}

const LEVELS = [0.5, 0.9, 0.99] as const

/** The rows of one pair of samples; halves are the even and the odd ones of the real samples. */
function rowsOf(what: Row["what"], of: string, real: readonly number[], simulated: readonly number[]): readonly Row[] {
  const half = (rest: number): readonly number[] => real.filter((_, i) => i % 2 === rest)
  return LEVELS.map((p) =>
    rowOf({
      what,
      of,
      p,
      real: sampleQuantile(real, p),
      simulated: sampleQuantile(simulated, p),
      halves: [sampleQuantile(half(0), p), sampleQuantile(half(1), p)],
    }),
  )
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

interface Bed {
  readonly platform: SimulatedPlatform
  readonly invoke: (memoryMB: number, key: string) => Promise<InvocationRecord>
}

/** A platform with one function on it. */
async function bedOf(
  parameters: PlatformParameters,
  law: Partial<FunctionLaw>,
  sizes: readonly number[] = [1024],
): Promise<Bed> {
  const { mbPerVcpu } = parameters.limits
  const platform = simulatedPlatform({
    parameters,
    seed: 11,
    behaviourOf: () => lawFunction({ ...DEFAULT_LAW, packageMB: 0, ...law }, { mbPerVcpu }),
  })
  const pkg = { functionName: "f", directory: "", codeSha256: "", threads: "single" as const }
  await platform.deploy(pkg, sizes, { timeoutMs: 60_000, environment: {} })
  const signal = new AbortController().signal
  return {
    platform,
    invoke: async (memoryMB, key) => {
      const tasks = [0]
      const part = { key, repeat: 0, part: [0, 1], processes: 1, call: "handler", tasks, outputKey: key, deadlineMs: 0 }
      const outcome = await platform.invoke(
        {
          variant: variantOf("f", memoryMB),
          payload: { $trimtab: { v: 1, ...part } },
          idempotencyKey: key,
          repeat: 0,
          timeoutMs: 60_000,
        },
        signal,
      )
      if (!("record" in outcome)) throw new Error(`an invocation ended ${outcome.kind}`)
      return outcome.record
    },
  }
}

const COUNT = 4000

/** No limit of the account stands in the way of many samples at once. */
function wide(parameters: PlatformParameters): PlatformParameters {
  const concurrency = { account: 1e6, keepFree: 0 }
  return { ...parameters, limits: { ...parameters.limits, startsPer10s: null, concurrency } }
}

async function initRows(): Promise<readonly Row[]> {
  const data = initData()
  const rows: Row[] = []
  for (const { runtime, package: kind } of data.sets) {
    const { platform, invoke } = await bedOf(wide(preset("lambda")), { runtime, packageKind: kind })
    const records = await platform.clock.run(
      Promise.all(Array.from({ length: COUNT }, (_, i) => invoke(1024, `k${i}`))),
    )
    const real = initsOf(data, { runtime, kind, held: true })
    rows.push(
      ...rowsOf(
        "cold init",
        `${runtime} ${kind}`,
        real,
        records.map((record) => record.initMs),
      ),
    )
  }
  return rows
}

/** The functions of the bursts ran for about a second: no instance came back while its burst was sent, ms. */
const BURST_MS = 1000

/** Bursts of 100 as they were sent: the same instants, as many warm instances as then. */
async function burstRows(): Promise<readonly Row[]> {
  const data = startData()
  const { farMs } = fitStarts(data, { medianMs: 0, sdMs: 0 })
  const real = { warm: [] as number[], cold: [] as number[] }
  const simulated = { warm: [] as number[], cold: [] as number[] }
  const rows: Row[] = []
  for (const burst of heldOutBursts(data)) {
    const warm = burst.delayMs.filter((ms) => ms < COLD_FROM_MS).length
    const all: number[] = []
    for (let round = 0; round < 20; round++) {
      const { platform, invoke } = await bedOf(wide(preset("lambda")), { runtime: "python", taskMs: BURST_MS }, [1769])
      const { clock } = platform
      await clock.run(Promise.all(Array.from({ length: warm }, (_, i) => invoke(1769, `warm${round}/${i}`))))
      await clock.run(clock.sleep(10_000))
      const started = burst.sentMs.map(async (sentMs, i) => {
        await clock.sleep(sentMs)
        const record = await invoke(1769, `${burst.experiment}/${round}/${i}`)
        // The client of the rows sat on another continent: its way is no part of the platform.
        const delayMs = record.startedAtMs - record.sentAtMs + farMs - 1
        simulated[record.coldStart ? "cold" : "warm"].push(delayMs)
        all.push(delayMs)
      })
      await clock.run(Promise.all(started))
    }
    for (const ms of burst.delayMs) real[ms < COLD_FROM_MS ? "warm" : "cold"].push(ms)
    rows.push(...rowsOf("burst start", `${burst.experiment} ${burst.concurrency}`, burst.delayMs, all))
  }
  rows.push(...rowsOf("burst start", "cold, all bursts of 100", real.cold, simulated.cold))
  rows.push(...rowsOf("burst start", "warm, all bursts of 100", real.warm, simulated.warm))
  return rows
}

/** Idle times after which an instance is gone: the law is fitted to two calls of three and played against the third. */
async function keepAliveRows(): Promise<readonly Row[]> {
  const { calls } = idleData()
  const seen = calls.filter((_, i) => !HELD_OUT.call(i))
  const held = calls.filter((_, i) => HELD_OUT.call(i))
  const parameters = { ...wide(preset("lambda")), keepAlive: { warmAfterMs: fitKeepAlive(seen) } }
  const played: [number, number][] = []
  const { platform, invoke } = await bedOf(parameters, {})
  const { clock } = platform
  for (let round = 0; round < 4; round++)
    for (const [idleS] of held) {
      await clock.run(invoke(1024, `before${round}/${idleS}`))
      await clock.run(clock.sleep(1000 * idleS))
      const { coldStart } = await clock.run(invoke(1024, `after${round}/${idleS}`))
      played.push([idleS, coldStart ? 0 : 1])
      await clock.run(clock.sleep(3_600_000))
    }
  const at = (rows: readonly (readonly [number, number])[]): ((p: number) => number) => {
    const { middle, scale } = logisticFit(rows)
    return (p) => middle + scale * Math.log(p / (1 - p))
  }
  const [real, simulated, even, odd] = [
    held,
    played,
    held.filter((_, i) => i % 2 === 0),
    held.filter((_, i) => i % 2 === 1),
  ].map(at)
  return LEVELS.map((p) =>
    rowOf({
      what: "keep-alive",
      of: "idle time until gone, s",
      p,
      real: real!(p),
      simulated: simulated!(p),
      halves: [even!(p), odd!(p)],
    }),
  )
}

/** 17 ms of CPU work at every third size, over ten instances. */
async function cpuRows(): Promise<readonly Row[]> {
  const { sizes } = cpuData()
  const { workMs } = fitCpu(sizes.filter((_, i) => !HELD_OUT.size(i)))
  const held = sizes.filter((_, i) => HELD_OUT.size(i))
  const law = { runtime: "python", fixedMs: 0, taskMs: workMs, processMs: 0 }
  const quiet = wide(preset("lambda"))
  const parameters = { ...quiet, start: { ...quiet.start, placement: constant(1) } }
  const rows: Row[] = []
  for (const row of held) {
    const memoryMB = row[0]!
    const { platform, invoke } = await bedOf(parameters, law, [memoryMB])
    const times: number[] = []
    const client = async (client: number): Promise<void> => {
      for (let i = 0; i < 200; i++) {
        const record = await invoke(memoryMB, `${memoryMB}/${client}/${i}`)
        times.push(record.wrapper!.computeMs)
      }
    }
    await platform.clock.run(Promise.all(Array.from({ length: 10 }, (_, i) => client(i))))
    LEVELS.forEach((p, i) =>
      rows.push(
        rowOf({
          what: "cpu",
          of: `${memoryMB} MB`,
          p,
          real: row[2 + i]!,
          simulated: sampleQuantile(times, p),
          halves: [row[6 + i]!, row[10 + i]!],
        }),
      ),
    )
  }
  return rows
}
