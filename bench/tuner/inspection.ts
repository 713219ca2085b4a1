// How fast logs are read and how much memory that takes: a folder of logs as the local platform writes them, one a
// function, with START, END, REPORT and JSON lines and some output of the functions themselves, read from the disk.
import { once } from "node:events"
import { createWriteStream } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { seededRandom } from "../../src/base/random.ts"
import { formatPlatformReport } from "../../src/protocol/platform-report.ts"
import { formatReportLine } from "../../src/protocol/report-line.ts"
import { logInspector } from "../../src/tuner/inspection/inspect.ts"
import { logFiles } from "../../src/tuner/inspection/log-files.ts"
import { runSample } from "../../src/tuner/inspection/run-sample.ts"
import { reconstruct } from "../../src/tuner/reconstruction/reconstruct.ts"
import type { Bench } from "../bench.ts"

/** Functions of the pipeline, and lines that each invocation writes. */
const STEPS = ["decode", "scale", "face", "body", "fuse", "crop", "encode", "notify"]
const LINES_EACH = 5

const LINES = 10_000_000

/** Runs that the pipeline is rebuilt from, as `trimtab observe` does. */
const KEPT = 10_000

export const bench: Bench = async () => {
  const folder = await mkdtemp(join(tmpdir(), "trimtab-bench-logs-"))
  try {
    const runs = Math.ceil(LINES / (STEPS.length * LINES_EACH))
    await writeLogs(folder, runs)
    const warmUp = await inspect(folder, 0)
    const { lines, seconds, cpuSeconds, peakMB, halfMB, baseMB, seen, steps, counts } = await inspect(folder, KEPT)
    return {
      summary: {
        lines,
        runsSeen: seen,
        stepsFound: steps,
        linesPerSecond: Math.round(lines / seconds),
        linesPerCpuSecond: Math.round(lines / cpuSeconds),
        rssGrowthMB: Math.round(peakMB - baseMB),
        rssGrowthSecondHalfMB: Math.round(peakMB - halfMB),
        meetsLinesPerSecond: lines / seconds >= 200_000,
      },
      reasons: {},
      rows: [{ table: "inspection", counts, warmUpSeconds: warmUp.seconds }],
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Writes the logs of so many runs; a run begins every 50 ms, so that some twenty are under way at once. */
async function writeLogs(folder: string, runs: number): Promise<void> {
  const random = seededRandom(1)
  const fromMs = Date.UTC(2026, 0, 1)
  await Promise.all(
    STEPS.map(async (name, step) => {
      const file = createWriteStream(join(folder, `${name}.log`))
      for (let run = 0; run < runs; run++) {
        const startedAtMs = fromMs + run * 50 + step * 130
        if (
          !file.write(`${linesOf({ name, run, step, startedAtMs, durationMs: 80 + 40 * random.next() }).join("\n")}\n`)
        )
          await once(file, "drain")
      }
      file.end()
      await once(file, "finish")
    }),
  )
}

function linesOf(of: {
  readonly name: string
  readonly run: number
  readonly step: number
  readonly startedAtMs: number
  readonly durationMs: number
}): readonly string[] {
  const { name, run, step, startedAtMs, durationMs } = of
  const id = run * STEPS.length + step
  const requestId = `${id.toString(16).padStart(8, "0")}-0000-4000-8000-${run.toString(16).padStart(12, "0")}`
  const endedAtMs = startedAtMs + durationMs
  const report = {
    requestId,
    durationMs: Math.round(durationMs * 100) / 100,
    billedMs: Math.ceil(durationMs),
    memoryMB: 1024,
    maxMemoryUsedMB: 120,
    tracing: {
      traceId: `1-${run.toString(16).padStart(8, "0")}-0123456789abcdef01234567`,
      spanId: requestId.slice(0, 8),
    },
    details: { functionName: name, repeat: 0, coldStart: false, startedAtMs, endedAtMs, enforced: "cgroup-v2" },
  }
  return [
    `START RequestId: ${requestId} Version: 1`,
    `processed clip ${id} in ${durationMs.toFixed(1)} ms, nothing to worry about`,
    `END RequestId: ${requestId}`,
    formatReportLine(report),
    formatPlatformReport(report),
  ]
}

interface Inspected {
  readonly lines: number
  readonly seconds: number
  readonly baseMB: number
  readonly peakMB: number
  /** Peak of the first half of the lines. */
  readonly halfMB: number
  /** CPU time of all threads, garbage collection included: other work on the machine counts less. */
  readonly cpuSeconds: number
  readonly seen: number
  readonly steps: number
  readonly counts: object
}

/** Reads the folder; with no runs to keep only its first megabytes, so that the code is warm. */
async function inspect(folder: string, kept: number): Promise<Inspected> {
  const stop = new AbortController()
  const sample = runSample(Math.max(1, kept), seededRandom(1))
  const baseMB = process.memoryUsage().rss / 1e6
  let peakMB = baseMB
  let halfMB = baseMB
  const inspector = logInspector({
    sources: await logFiles(folder),
    onRun: (run) => sample.add(run),
    onProgress: ({ lines }) => {
      peakMB = Math.max(peakMB, process.memoryUsage.rss() / 1e6)
      if (lines <= LINES / 2) halfMB = peakMB
      if (kept === 0 && lines > 200_000) stop.abort(WARM)
    },
  })
  const cpu = process.cpuUsage()
  const beganMs = performance.now()
  await inspector.poll({ signal: stop.signal, lastLine: "take" }).catch((error: unknown) => {
    if (error !== WARM) throw error
  })
  inspector.flush()
  const { pipeline } = kept === 0 ? { pipeline: null } : reconstruct(sample.runs)
  const seconds = (performance.now() - beganMs) / 1000
  const { user, system } = process.cpuUsage(cpu)
  peakMB = Math.max(peakMB, process.memoryUsage().rss / 1e6)
  const { counts } = inspector
  return {
    lines: counts.lines,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    baseMB,
    peakMB,
    halfMB,
    seen: sample.seen,
    steps: pipeline?.steps.length ?? 0,
    counts,
  }
}

const WARM = new Error("warm")
