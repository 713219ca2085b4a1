import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { formatPlatformReport } from "../../protocol/platform-report.ts"
import { InstanceLog, LogFiles, logPath } from "./log.ts"
import { readLogs } from "./read-logs.ts"

const report = (requestId: string, endedAtMs: number): string =>
  formatPlatformReport({
    requestId,
    durationMs: 1,
    billedMs: 1,
    memoryMB: 128,
    maxMemoryUsedMB: 50,
    details: { functionName: "f", repeat: 0, coldStart: false, startedAtMs: endedAtMs - 1, endedAtMs },
  })

describe("logs", () => {
  it("keep the end of an invocation's output, and what its cold start printed", () => {
    const log = new InstanceLog(() => {})
    log.line("loading")
    log.begin(true)
    log.line("first")
    expect(log.tail.toString()).toBe("loading\nfirst\n")
    log.begin(false)
    log.append(Buffer.alloc(10_000, "x"))
    log.line("end")
    expect(log.tail.byteLength).toBe(4096)
    expect(log.tail.toString()).toMatch(/^x+end\n$/)
  })

  it("notice that a V8 heap was full, and forget it with the next invocation", () => {
    const log = new InstanceLog(() => {})
    log.line("a handler prints: JavaScript heap out of memory")
    expect(log.sawHeapAbort).toBe(false)
    log.line("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory")
    expect(log.sawHeapAbort).toBe(true)
    log.begin(false)
    expect(log.sawHeapAbort).toBe(false)
  })

  it("are read back as records, older half first, whatever else is in the files", async () => {
    const directory = await mkdtemp(join(tmpdir(), "trimtab-log-"))
    try {
      await writeFile(`${logPath(directory, "f")}.1`, `${report("old", 1000)}\n`)
      await writeFile(join(directory, "notes.txt"), report("foreign", 1))
      const files = new LogFiles(directory)
      files.append("f", Buffer.from(`output\n{"json":"of a handler"}\n${report("a", 2000)}\n`))
      files.append("f", Buffer.from(`${report("b", 3000)}\n`))
      files.append("g", Buffer.from(`${report("c", 4000)}\n`))
      await files.drain()
      await files.close()
      const ids = async (query: { functionName?: string; sinceMs?: number }): Promise<string[]> => {
        const found: string[] = []
        for await (const record of readLogs(directory, query)) found.push(record.requestId)
        return found
      }
      expect(await ids({ functionName: "f" })).toEqual(["old", "a", "b"])
      expect(await ids({ functionName: "f", sinceMs: 2000 })).toEqual(["a", "b"])
      expect((await ids({})).sort()).toEqual(["a", "b", "c", "old"])
      expect(await ids({ functionName: "nobody" })).toEqual([])
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })
})
