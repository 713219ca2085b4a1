import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { csvReader, isCsvHeader } from "./csv-reader.ts"
import type { ImportContext } from "./imported-row.ts"
import { CONTEXT, readRows, reasonsIn, samplesIn } from "./testing/read-rows.ts"

function read(text: string, context: Partial<ImportContext> = {}): ReturnType<typeof readRows> {
  return readRows(csvReader({ ...CONTEXT, ...context }), text)
}

/** The figures of the only sample in a table of one row. */
function only(header: string, row: string, context: Partial<ImportContext> = {}): object | undefined {
  const rows = read(`${header}\n${row}`, context)
  expect(reasonsIn(rows)).toEqual([])
  return samplesIn(rows)[0]?.sample
}

describe("columns", () => {
  it("are those of the documentation", () => {
    expect(
      only(
        "at,memory_mb,duration_ms,init_ms,billed_ms,max_memory_used_mb,tasks,processes,cold,outcome",
        "2026-03-01T10:00:00Z,1024,250.5,120,371,96,4,2,true,ok",
      ),
    ).toMatchObject({
      source: "import",
      atMs: Date.UTC(2026, 2, 1, 10),
      memoryMB: 1024,
      durationMs: 250.5,
      computeMs: 250.5,
      initMs: 120,
      billedMs: 371,
      maxMemoryUsedMB: 96,
      tasks: 4,
      processes: 2,
      cold: true,
      outcome: "ok",
    })
  })

  it.each([
    ["memory_mb,duration_s", "512,1.5"],
    ["Memory Size (MB),Duration (ms)", "512,1500"],
    ["memorySize,durationMs", "512,1500"],
    ["memory;duration", "512;1500"],
    ["memory_gb\texecution_time_us", "0.5\t1500000"],
    ['"memory_mib","avg_exec_ms"', '"512","1500"'],
    ["@timestamp,@requestId,@memorySize,@duration", "2026-03-01 10:00:00.123,r1,5.12E8,1500"],
    ["utc_s,app,memory_mb,duration_ms", "1772355600,App6,512,1500"],
    ["\uFEFFmemory_mb,download_ms,compute_ms,upload_ms", "512,200,1000,300"],
  ])("%s", (header, row) => {
    expect(isCsvHeader(header) || header.includes("compute_ms")).toBe(true)
    expect(only(header, row)).toMatchObject({ memoryMB: 512, durationMs: 1500 })
  })

  it("that name no unit are read as MB and ms, and that is said", () => {
    const reader = csvReader(CONTEXT)
    readRows(reader, "memory,duration,colour\n512,1500,red")
    expect(reader.notes().join("; ")).toMatch(
      /colour.*memory names no unit: read as MB.*duration names no unit: read as ms/,
    )
  })

  it("that say the same are refused", () => {
    expect(reasonsIn(read("memory,memory_mb,duration_ms\n1,2,3"))).toEqual([
      "1: columns memory and memory_mb both say memory; leave one out",
    ])
    expect(reasonsIn(read("memory_mb,colour\n1,2"))[0]).toMatch(/no column says the time/)
    expect(reasonsIn(read("duration_ms\n1"))[0]).toMatch(/no column says the memory.*--memory/)
    expect(samplesIn(read("duration_ms\n1", { memoryMB: 256 }))).toHaveLength(1)
  })

  it("of means make samples that stand for several runs", () => {
    expect(only("memory_mb,mean_duration_ms", "512,1500")).toMatchObject({ aggregate: { runs: 1 } })
    expect(only("memory_mb,duration_ms,runs", "512,1500,5")).toMatchObject({ aggregate: { runs: 5 } })
    expect(only("memory_mb,duration_ms", "512,1500", { runs: 9 })).toMatchObject({ aggregate: { runs: 9 } })
    expect(only("memory_mb,duration_ms", "512,1500")).not.toHaveProperty("aggregate")
  })
})

describe("rows", () => {
  it("have an id of their own or one of their content, each occurrence another", () => {
    const text = "memory_mb,duration_ms\n512,1500\n512,1500\n512,1501"
    const ids = (rows: ReturnType<typeof readRows>): string[] => samplesIn(rows).map(({ sample }) => sample.id)
    expect(new Set(ids(read(text))).size).toBe(3)
    expect(ids(read(text))).toEqual(ids(read(text, { fileMs: CONTEXT.fileMs - 1e6 })))
    expect(ids(read("request_id,memory_mb,duration_ms\nabc,512,1500"))).toEqual(["abc"])
  })

  it.each([
    ["512,NaN", /duration_ms is "NaN"/],
    ["512,0", /duration is 0 ms/],
    ["512,-5", /duration_ms is "-5"/],
    ["512,1e12", /duration is 1000000000000 ms/],
    ["512,Infinity", /duration_ms is "Infinity"/],
    ["512,", /duration_ms is empty/],
    [",1500", /memory_mb is empty/],
    ["64,1500", /memory is 64 MB/],
    ["1e7,1500", /memory is 10000000 MB/],
    ["512.5,1500", /memory is 512.5 MB/],
    ["512", /1 cells, but the header has 2/],
    ["512,1,500", /3 cells/],
    ['512,"1500', /quote/],
    ["512,1500ms", /duration_ms is "1500ms"/],
    ["0x200,1500", /memory_mb is "0x200"/],
  ])("%s is refused with its line", (row, message) => {
    const rows = read(`memory_mb,duration_ms\n512,1500\n${row}`)
    expect(samplesIn(rows)).toHaveLength(1)
    expect(reasonsIn(rows)).toHaveLength(1)
    expect(reasonsIn(rows)[0]).toMatch(message)
    expect(reasonsIn(rows)[0]).toMatch(/^3: /)
  })

  it.each([
    ["at,memory_mb,duration_ms", "1772355600,512,1500", /name the column at_ms or at_s/],
    ["at_ms,memory_mb,duration_ms", "1772355600,512,1500", /before there were functions/],
    ["at,memory_mb,duration_ms", "2031-01-01,512,1500", /in the future/],
    ["cold,memory_mb,duration_ms", "maybe,512,1500", /cold is "maybe"/],
    ["outcome,memory_mb,duration_ms", "constructor,512,1500", /outcome is "constructor"/],
    ["tasks,memory_mb,duration_ms", "1.5,512,1500", /tasks is 1.5, not a whole number/],
    ["runs,memory_mb,duration_ms", "0,512,1500", /runs is 0/],
    ["compute_ms,memory_mb,duration_ms", "1600,512,1500", /the parts take 1600 ms/],
  ])("%s: %s is refused", (header, row, message) => {
    expect(reasonsIn(read(`${header}\n${row}`))[0]).toMatch(message)
  })

  it("whatever stands in the cells, every row is a sample with those figures or refused", () => {
    const cell = fc.oneof(fc.string({ maxLength: 8 }), fc.double().map(String), fc.integer().map(String))
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 5 }), (pairs) => {
        const lines = pairs.map(([memory, duration]) => `${memory},${duration}`.replaceAll(/[\n\r]/g, " "))
        const rows = read(["memory_mb,duration_ms", ...lines].join("\n"))
        // A line of blanks is none; every other line is accounted for.
        expect(rows).toHaveLength(lines.filter((line) => line.trim() !== "").length)
        for (const { at, sample } of samplesIn(rows)) {
          const cells = lines[Number(at) - 2]!.split(",").map((text) => Number(text.replaceAll('"', "")))
          expect(cells).toEqual([sample.memoryMB, sample.durationMs])
          expect(sample.durationMs > 0 && sample.durationMs <= 86_400_000).toBe(true)
        }
      }),
      { numRuns: 500, seed: 3 },
    )
  })
})
