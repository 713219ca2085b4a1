import { describe, expect, it } from "vitest"
import { logResiduals } from "../../estimation/cells.ts"
import { memoryProfileStore } from "../profile-store.ts"
import { parseProfile, profileLine } from "../profile-lines.ts"
import type { ImportFormat } from "./formats.ts"
import { readerOf, sniffFormat } from "./import-format.ts"
import { idsOf, indexFile, samplesOf, type LineSource, type NamedSample } from "./import-samples.ts"
import { CONTEXT } from "./testing/read-rows.ts"

function fileOf(text: string, format: ImportFormat): LineSource {
  return {
    lines: async function* () {
      yield* text.split("\n")
    },
    reader: () => readerOf(format, CONTEXT),
  }
}

async function samplesIn(text: string, format: ImportFormat, most = Infinity): Promise<NamedSample[]> {
  const file = fileOf(text, format)
  const samples: NamedSample[] = []
  for await (const sample of samplesOf(file, await indexFile(file), most)) samples.push(sample)
  return samples
}

const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`
const report = (n: number, durationMs: number): string =>
  `REPORT RequestId: ${id(n)}\tDuration: ${durationMs} ms\tBilled Duration: ${Math.ceil(durationMs)} ms\tMemory Size: 512 MB\tMax Memory Used: 80 MB`

describe("a file", () => {
  it("gives each invocation once, as its last report tells it, with the ending that is told apart", async () => {
    const text = [report(1, 100), report(2, 200), report(1, 150), `${id(2)} Task timed out after 0.20 seconds`].join(
      "\n",
    )
    const samples = await samplesIn(text, "report")
    expect(samples.map(({ sample }) => [sample.id, sample.durationMs, sample.outcome])).toEqual([
      [id(2), 200, "timeout"],
      [id(1), 150, "ok"],
    ])
  })

  it("counts all bad rows and lists the first", async () => {
    const index = await indexFile(fileOf(Array.from({ length: 50 }, () => "REPORT RequestId: x").join("\n"), "report"))
    expect([index.rows, index.badCount, index.bad.length]).toEqual([0, 50, 20])
    expect(index.bad[1]?.at).toBe("2")
  })

  it("that is long is thinned by size, evenly, and a longer one to a part of the same", async () => {
    const row = (n: number): string => `r${n},${n % 100 === 0 ? 1024 : 512},${100 + n}`
    const text = (count: number): string =>
      `request_id,memory_mb,duration_ms\n${Array.from({ length: count }, (_, n) => row(n)).join("\n")}`
    const short = (await samplesIn(text(4000), "csv", 400)).map(({ sample }) => sample)
    const long = (await samplesIn(text(8000), "csv", 400)).map(({ sample }) => sample)
    const common = short.filter(({ memoryMB }) => memoryMB === 512)
    // 3,960 draws of probability 0.1: sd 19; of each half the same share.
    expect(Math.abs(common.length - 400)).toBeLessThan(80)
    expect(Math.abs(common.filter(({ durationMs }) => durationMs < 2100).length - 200)).toBeLessThan(60)
    expect(short.filter(({ memoryMB }) => memoryMB === 1024)).toHaveLength(40)
    const before = new Set(short.map(({ id: name }) => name))
    expect(long.filter(({ durationMs }) => durationMs < 4100).every(({ id: name }) => before.has(name))).toBe(true)
  })

  it("adds nothing the second time", async () => {
    const store = memoryProfileStore()
    const add = async (text: string): Promise<number> => {
      const known = idsOf((await store.read("f")).samples)
      const fresh = (await samplesIn(text, "csv")).map(({ sample }) => sample).filter((one) => !known.has(one.id))
      await store.append("f", fresh)
      return fresh.length
    }
    const text = "memory_mb,duration_ms\n512,100\n512,100\n1024,60"
    expect([await add(text), await add(text), await add(`${text}\n1024,60`)]).toEqual([3, 0, 1])
  })

  it("comes back from a profile as it went in, and spread is not learned from means", async () => {
    const rows = "memory_mb,mean_duration_ms,runs\n512,100,5\n512,140,5\n1024,60,5"
    const samples = (await samplesIn(rows, "csv")).map(({ sample }) => sample)
    expect(parseProfile(samples.map(profileLine).join(""), "p")).toEqual(samples)
    expect(logResiduals(samples)).toEqual([])
    const single = samples.map(({ aggregate: _runs, ...sample }) => sample)
    expect(logResiduals(single)).toHaveLength(1)
  })
})

describe("a profile line", () => {
  it("of a newer version says so", () => {
    expect(() => parseProfile('{"v":2,"kind":"instance"}\n', "p")).toThrow(
      "p:1: written by a newer trimtab (profile version 2, this one reads 1); update trimtab",
    )
  })
})

describe("the format", () => {
  it.each<[string, ImportFormat | null]>([
    [`2026-01-01T00:00:00Z START\n${report(1, 100)}`, "report"],
    ['{"time":"2026-01-01T00:00:00Z","type":"platform.start"}\n{}', "json"],
    ['{"timestamp":1,"message":"START"}\n', "json"],
    ['{\n  "events": [\n    {"message": "x"}', "json"],
    ['timestamp,message\n1773344778721,"START RequestId"\n1773344778721,"REPORT RequestId: x"', "report"],
    ['{"power":"128","cost":1,"duration":2,"stateMachine":{"visualization":"u"}}', "power-tuning"],
    ['[{"value":128,"averagePrice":1,"averageDuration":2}]', "power-tuning"],
    ["https://lambda-power-tuning.show/#gAA;ZooQ;QdWh", "power-tuning"],
    ['{"executionArn":"arn","input":"{}","output":"{}"}', "power-tuning"],
    ["memory_mb,duration_ms\n", "csv"],
    ["@timestamp,@duration,@memorySize\n", "csv"],
    ["hello world\n", null],
    ['{"a":1}', null],
    ["", null],
  ])("of %j is %s", (head, format) => {
    expect(sniffFormat(head)).toBe(format)
  })
})
