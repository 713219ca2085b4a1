import { expect, test } from "vitest"
import { seededRandom, type Random } from "../../base/random.ts"
import { formatPlatformReport } from "../../protocol/platform-report.ts"
import { formatReportLine } from "../../protocol/report-line.ts"
import { pipelinePage } from "../../report/pipeline-page.ts"
import { pipelineTable } from "../../report/pipeline-table.ts"
import { reconstruct } from "../reconstruction/reconstruct.ts"
import type { GatheredRun } from "./gathered-run.ts"
import { logInspector } from "./inspect.ts"
import { linesSource } from "../testing/damaged-logs.ts"

/** S4 asks for 20,000 mutated inputs in the tests that always run. */
const LINES = 20_000

const BASE = { durationMs: 12.5, billedMs: 13, memoryMB: 512, maxMemoryUsedMB: 90, traceId: "1-5f-ab" }
const DETAILS = {
  functionName: "f",
  repeat: 0,
  coldStart: false,
  startedAtMs: 1.7e12,
  endedAtMs: 1.7e12 + 12,
  key: "r/s#0.1/0",
}

function seedsOf(): readonly string[] {
  const report = formatReportLine({ ...BASE, requestId: "7d2c" })
  const event = formatPlatformReport({
    ...BASE,
    requestId: "7d2c",
    tracing: { traceId: "t", spanId: "s" },
    details: DETAILS,
  })
  return [
    report,
    `2026-03-01T10:00:00.000Z ${report}`,
    event,
    JSON.stringify({ timestamp: 1.7e12, message: report, logGroup: "/aws/lambda/f" }),
    JSON.stringify({ logEvents: [{ timestamp: 1.7e12, message: event }] }),
    JSON.stringify({ function_request_id: "7d2c", correlation_id: "o", configVersion: 1 }),
    "2023-01-01T00:00:00.000Z 0aa0c0de-0000-4000-8000-000000000000 Task timed out after 3.00 seconds",
  ]
}

const HOSTILE = [
  "\u0000",
  "\u001b[2J",
  "\r",
  "</script><script>alert(1)</script>",
  '"__proto__":{"polluted":true},',
  '"constructor":',
  "[".repeat(500),
  "{".repeat(500),
  '{"a":'.repeat(200),
  "9".repeat(400),
  "-1",
  "NaN",
  "1e999",
  "\u{1F600}",
  "\uD800",
  " ".repeat(300),
  "\t".repeat(50),
  "REPORT RequestId: ",
  "platform.report",
  "..".repeat(100),
]

function mutated(seeds: readonly string[], random: Random): string {
  let text = seeds[Math.floor(random.next() * seeds.length)]!
  for (let left = 1 + Math.floor(random.next() * 4); left > 0; left--) {
    const at = Math.floor(random.next() * (text.length + 1))
    const to = at + Math.floor(random.next() * 20)
    const kind = random.next()
    if (kind < 0.25) text = text.slice(0, at) + text.slice(to)
    else if (kind < 0.5)
      text = text.slice(0, at) + HOSTILE[Math.floor(random.next() * HOSTILE.length)]! + text.slice(at)
    else if (kind < 0.7)
      text = text.slice(0, at) + String.fromCharCode(Math.floor(random.next() * 300)) + text.slice(at + 1)
    else if (kind < 0.85) text = text.slice(0, at) + text.slice(at, to).repeat(3) + text.slice(to)
    else text = text.slice(0, at)
  }
  return text.replaceAll("\n", " ")
}

test("20,000 damaged and hostile lines end no reading, and nothing of them reaches a terminal or a page raw", async () => {
  const random = seededRandom(7)
  const seeds = seedsOf()
  const lines = Array.from({ length: LINES }, () => mutated(seeds, random))
  const runs: GatheredRun[] = []
  const inspector = logInspector({ sources: [linesSource("f", lines)], onRun: (run) => runs.push(run), most: 2_000 })
  await inspector.poll({ signal: new AbortController().signal, lastLine: "take" })
  inspector.flush()
  const { pipeline } = reconstruct(runs)
  const table = pipelineTable(pipeline!, { width: 120, color: false })
  const page = pipelinePage(pipeline!, { title: "logs", notes: [] })
  expect(inspector.counts.malformed).toBeGreaterThan(1_000)
  expect(inspector.counts.lines).toBe(LINES)
  expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false)
  // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
  expect(table).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/)
  expect(page).not.toContain("<script")
})
