import { isObject } from "../../base/json.ts"
import { contentIds, sampleOfFigures, type ImportContext, type ImportedRow, type RowReader } from "./imported-row.ts"

/** One memory size as AWS Lambda Power Tuning reports it: the mean of several runs, outliers left out. */
interface Tuned {
  readonly at: string
  readonly power: unknown
  readonly durationMs: unknown
}

/** What an execution's own description adds to its output. */
interface Execution {
  readonly functionName: string | null
  readonly runs: number | null
  readonly endedMs: number | null
  readonly coldOnly: boolean
}

const UNKNOWN: Execution = { functionName: null, runs: null, endedMs: null, coldOnly: false }

/** Longest document that is read, characters. */
const MAX_DOCUMENT = 16_000_000

/**
 * Reads results of AWS Lambda Power Tuning: the state machine's output, its description by `aws stepfunctions
 * describe-execution`, the `stats` list of its executor, or the address of its visualisation by itself. Every row is
 * a mean.
 */
export function powerTuningReader(context: ImportContext): RowReader {
  const lines: string[] = []
  let size = 0
  let coldOnly = false
  return {
    line: (text) => {
      size += text.length
      if (size <= MAX_DOCUMENT) lines.push(text)
      return []
    },
    end: () => {
      if (size > MAX_DOCUMENT) return [{ kind: "bad", at: "1", reason: "too long for a result of power tuning" }]
      const read = readResult(
        lines
          .join("\n")
          .replace(/^\uFEFF/, "")
          .trim(),
      )
      if (typeof read === "string") return [{ kind: "bad", at: "1", reason: read }]
      coldOnly = read.execution.coldOnly
      const idOf = contentIds("tuning")
      return read.tuned.map((one) => rowOf(one, { execution: read.execution, context, idOf }))
    },
    notes: () => [
      "power tuning reports means of several runs: they place the curve and say nothing about its spread",
      ...(coldOnly ? ["tuned on cold starts only: these times hold the init"] : []),
    ],
  }
}

interface RowOptions {
  readonly execution: Execution
  readonly context: ImportContext
  readonly idOf: (content: string) => string
}

function rowOf({ at, power, durationMs }: Tuned, { execution, context, idOf }: RowOptions): ImportedRow {
  // The state machine has returned sizes as text and as numbers.
  const memoryMB = typeof power === "string" && /^\d{1,6}$/.test(power) ? Number(power) : power
  if (typeof memoryMB !== "number" || !Number.isInteger(memoryMB))
    return { kind: "bad", at, reason: `power is ${JSON.stringify(power) ?? "missing"}` }
  if (typeof durationMs !== "number" || !Number.isFinite(durationMs))
    return { kind: "bad", at, reason: `duration is ${JSON.stringify(durationMs) ?? "missing"}` }
  const made = sampleOfFigures(
    {
      atMs: execution.endedMs ?? context.fileMs,
      memoryMB,
      durationMs,
      initMs: 0,
      billedMs: null,
      maxMemoryUsedMB: 0,
      tasks: context.tasks,
      processes: context.processes,
      cold: execution.coldOnly,
      outcome: "ok",
      phases: null,
      runs: context.runs ?? execution.runs ?? 1,
    },
    { id: idOf(`${memoryMB}/${durationMs}`), source: "import", enforced: "aws-lambda", context },
  )
  if ("reason" in made) return { kind: "bad", at, reason: made.reason }
  return { kind: "sample", at, functionName: execution.functionName, sample: made.sample, full: false }
}

type Result = { readonly tuned: readonly Tuned[]; readonly execution: Execution }

function readResult(text: string): Result | string {
  if (/^https?:\/\/\S+$/.test(text)) return fromUrl(text, UNKNOWN)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return "neither JSON nor the address of a visualisation"
  }
  return fromValue(value, UNKNOWN)
}

function fromValue(value: unknown, execution: Execution): Result | string {
  if (Array.isArray(value)) return fromStats(value, execution)
  if (!isObject(value)) return "no result of power tuning"
  if (typeof value["output"] === "string") return fromDescription(value)
  const result = isObject(value["results"]) ? value["results"] : value
  if (Array.isArray(result["stats"])) return fromStats(result["stats"], execution)
  const machine = result["stateMachine"]
  const url = isObject(machine) ? machine["visualization"] : undefined
  if (typeof url === "string" && url.includes("#")) return fromUrl(url, execution)
  if (!("power" in result)) return "no power, stats or visualization in it: no result of power tuning"
  return { tuned: [{ at: "power", power: result["power"], durationMs: result["duration"] }], execution }
}

function fromStats(stats: readonly unknown[], execution: Execution): Result | string {
  if (stats.length === 0) return "stats is empty"
  const tuned = stats.map((item, i): Tuned => {
    const fields = isObject(item) ? item : {}
    return {
      at: `stats ${i + 1}`,
      power: fields["value"] ?? fields["power"],
      durationMs: fields["averageDuration"] ?? fields["duration"],
    }
  })
  return { tuned, execution }
}

/** The answer of DescribeExecution: input and output are JSON in texts. */
function fromDescription(value: Record<string, unknown>): Result | string {
  const input = parsed(value["input"])
  const output = parsed(value["output"])
  if (output === undefined) return "output is not JSON"
  const stop = value["stopDate"]
  // The command line gives ISO text or epoch seconds.
  const endedMs = typeof stop === "number" ? stop * 1000 : typeof stop === "string" ? Date.parse(stop) : Number.NaN
  const fields = isObject(input) ? input : {}
  const runs = fields["num"]
  return fromValue(output, {
    functionName: nameOfArn(fields["lambdaARN"]),
    runs: typeof runs === "number" && Number.isInteger(runs) && runs > 0 ? runs : null,
    endedMs: Number.isNaN(endedMs) ? null : endedMs,
    coldOnly: fields["onlyColdStarts"] === true,
  })
}

/** `arn:aws:lambda:us-east-1:123456789012:function:resize:live`, or the name itself. */
function nameOfArn(arn: unknown): string | null {
  if (typeof arn !== "string" || arn === "") return null
  return arn.startsWith("arn:") ? (arn.split(":")[6] ?? null) : arn
}

/**
 * The fragment of a visualisation's address holds three lists in base64: sizes as 16-bit integers, mean times in ms
 * and mean costs as 32-bit floats, little-endian.
 */
function fromUrl(url: string, execution: Execution): Result | string {
  const [sizes, times] = decodeURIComponent(url.slice(url.indexOf("#") + 1)).split(";")
  const powers = sizes === undefined ? null : bytesOf(sizes, 2)
  const durations = times === undefined ? null : bytesOf(times, 4)
  if (powers === null || durations === null || powers.byteLength / 2 !== durations.byteLength / 4)
    return "the address of the visualisation does not hold as many times as sizes"
  const tuned = Array.from({ length: powers.byteLength / 2 }, (_, i): Tuned => ({
    at: `visualization ${i + 1}`,
    power: powers.getInt16(2 * i, true),
    // Seven digits are what a 32-bit float holds.
    durationMs: Number(durations.getFloat32(4 * i, true).toPrecision(7)),
  }))
  return { tuned, execution }
}

function bytesOf(base64: string, width: number): DataView | null {
  if (!/^[A-Za-z\d+/]+=*$/.test(base64)) return null
  const bytes = Buffer.from(base64, "base64")
  if (bytes.byteLength === 0 || bytes.byteLength % width !== 0) return null
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function parsed(text: unknown): unknown {
  if (typeof text !== "string") return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
