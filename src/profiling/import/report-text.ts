import { parseReportLine, type InvocationReport } from "../../protocol/report-line.ts"

/** Labels of a REPORT line, longest first where one ends with another. */
const QUANTITIES = [
  "Billed Restore Duration",
  "Restore Duration",
  "Billed Duration",
  "Init Duration",
  "Duration",
  "Max Memory Used",
  "Memory Size",
]
const TEXTS = ["Status", "Error Type", "XRAY TraceId", "SegmentId", "Sampled"]
const LABEL = new RegExp(`\\s+(${[...QUANTITIES, ...TEXTS].join("|")}): ?`, "g")

/**
 * A REPORT line anywhere in `text`, read strictly: what stands in it must be understood, since a field that is
 * dropped silently (an Init Duration, say) would make another sample of it. Tabs may have become spaces.
 */
export function strictReport(text: string): { readonly report: InvocationReport } | { readonly reason: string } {
  if (text.split("REPORT RequestId:").length > 2) return { reason: "two reports stand in one line" }
  const line = text.slice(text.indexOf("REPORT RequestId:")).replace(/"+$/, "").trimEnd().replace(LABEL, "\t$1: ")
  const known = new Set<string>()
  for (const field of line.slice("REPORT ".length).split("\t")) {
    const [, label = "", value = ""] = /^([^:]*): ?(.*)$/s.exec(field.trim()) ?? []
    if (field.trim() === "") continue
    if (known.has(label)) return { reason: `${label} stands twice in it` }
    known.add(label)
    if (QUANTITIES.includes(label)) {
      if (!/^\d{1,15}(\.\d{1,9})? (ms|MB)$/.test(value.trim())) return { reason: `${label} is ${shown(value)}` }
    } else if (label !== "RequestId" && !TEXTS.includes(label))
      return { reason: `it holds ${shown(field.trim())}, which is no field of a report` }
  }
  const report = parseReportLine(line)
  if (report === null) return { reason: missing(known) }
  if (!/^[\w:.-]{1,200}$/.test(report.requestId)) return { reason: `RequestId is ${shown(report.requestId)}` }
  return { report }
}

function missing(known: ReadonlySet<string>): string {
  const absent = ["Duration", "Billed Duration", "Memory Size", "Max Memory Used"].filter((label) => !known.has(label))
  return absent.length > 0 ? `${absent.join(", ")} missing` : "a unit is not ms or MB where it should be"
}

/** Foreign text for a message: short, quoted. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 37)}...` : text)
}
