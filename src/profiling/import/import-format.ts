import { assertNever } from "../../base/assert-never.ts"
import { isObject } from "../../base/json.ts"
import { csvReader, isCsvHeader } from "./csv-reader.ts"
import type { ImportFormat } from "./formats.ts"
import type { ImportContext, RowReader } from "./imported-row.ts"
import { logReader } from "./log-reader.ts"
import { powerTuningReader } from "./power-tuning-reader.ts"

/** A new reader of the format, for one file. The two kinds of log have one reader, since one log may hold both. */
export function readerOf(format: ImportFormat, context: ImportContext): RowReader {
  switch (format) {
    case "report":
    case "json":
      return logReader(context)
    case "power-tuning":
      return powerTuningReader(context)
    case "csv":
      return csvReader(context)
    default:
      return assertNever(format)
  }
}

/** The format of a file by its first characters (64 kB are plenty); null when they do not tell. */
export function sniffFormat(head: string): ImportFormat | null {
  const text = head.replace(/^\uFEFF/, "").trimStart()
  const first = text.split("\n", 1)[0]!.trim()
  if (/^https?:\/\/\S+#[\w+/=%;]+$/.test(first)) return "power-tuning"
  if (text.startsWith("{") || text.startsWith("[")) return sniffJson(text, first)
  if (text.includes("REPORT RequestId:")) return "report"
  if (text.includes('"platform.report"') || text.includes('""platform.report""')) return "json"
  return isCsvHeader(first) ? "csv" : null
}

function sniffJson(text: string, first: string): ImportFormat | null {
  const line = parsed(first)
  if (isObject(line)) {
    if (typeof line["type"] === "string" && line["type"].startsWith("platform.")) return "json"
    if ("message" in line || "@message" in line || "logEvents" in line || "events" in line) return "json"
  }
  if (/"(averageDuration|visualization|executionArn)\\?"/.test(text)) return "power-tuning"
  if (/"platform\.(report|start|initStart)"|REPORT RequestId:|"(logEvents|events|searchedLogStreams)"/.test(text))
    return "json"
  return /"power"\s*:/.test(text) && /"duration"\s*:/.test(text) ? "power-tuning" : null
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
