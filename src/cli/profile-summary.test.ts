import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import type { InstanceSample } from "../estimation/sample.ts"
import { profileStore } from "../profiling/profile-store.ts"
import { parseWorkflow } from "../workflow/parse.ts"
import { forget } from "./commands/profile.ts"
import { functionChooser } from "./import-target.ts"
import { ageText, profileSummary } from "./profile-summary.ts"

const sample: InstanceSample = {
  kind: "instance",
  atMs: 1_772_355_600_000,
  source: "campaign",
  memoryMB: 512,
  processes: 1,
  tasks: 1,
  outcome: "ok",
  cold: false,
  initMs: 0,
  downloadMs: 0,
  computeMs: 100,
  uploadMs: 0,
  downloadBytes: 0,
  uploadBytes: 0,
  downloadObjects: 0,
  uploadObjects: 0,
  durationMs: 100,
  billedMs: 100,
  maxMemoryUsedMB: 80,
  peakProcessMB: 40,
  contended: false,
  enforced: "cgroup",
  codeSha256: "a",
}

describe("summary of a profile", () => {
  it("counts sizes, sources, cold starts, means and failures", () => {
    const samples = [
      sample,
      { ...sample, source: "log" as const, atMs: sample.atMs + 5, cold: true },
      { ...sample, memoryMB: 1024, source: "import" as const, aggregate: { runs: 5 } },
      { ...sample, memoryMB: 256, outcome: "out-of-memory" as const },
    ]
    expect(profileSummary({ functionName: "f", samples })).toMatchObject({
      samples: 4,
      cold: 1,
      means: 1,
      sources: { campaign: 2, log: 1, import: 1 },
      failures: { "out-of-memory": 1 },
      oldestAtMs: sample.atMs,
      newestAtMs: sample.atMs + 5,
      sizes: [
        { memoryMB: 256, samples: 1, cold: 0, failed: 1 },
        { memoryMB: 512, samples: 2, cold: 1, failed: 0 },
        { memoryMB: 1024, samples: 1, cold: 0, failed: 0 },
      ],
    })
  })

  it("of nothing is empty", () => {
    expect(profileSummary({ functionName: "f", samples: [] })).toMatchObject({
      samples: 0,
      floorMB: 0,
      newestAtMs: null,
    })
  })

  it("tells ages in the greatest unit that fits", () => {
    const minute = 60_000
    expect([0, 5, 300, 3000].map((minutes) => ageText(minutes * minute))).toEqual([
      "a minute",
      "5 min",
      "5 h",
      "2 days",
    ])
  })
})

describe("measuring afresh", () => {
  it("forgets campaigns and runs, and keeps what was imported", async () => {
    const stateDir = await mkdtemp(join(tmpdir(), "trimtab-forget-"))
    const store = profileStore(join(stateDir, "profiles"))
    await store.append("f", [sample, { ...sample, source: "import" }, { ...sample, source: "run" }])
    const spec = { name: "w", functions: { f: { handler: "./f.ts" } }, steps: { s: { function: "f" } } }
    const workflow = parseWorkflow(spec, "spec")
    await forget({ root: "", source: "", workflow, input: null, stateDir, platform: { kind: "local" } }, store)
    expect((await store.read("f")).samples.map(({ source }) => source)).toEqual(["import"])
    await rm(stateDir, { recursive: true })
  })
})

describe("the function of a row", () => {
  it("is the one named in it, else the one asked for, else the only one", () => {
    expect(functionChooser(["cut", "add"], undefined).nameFor("add", "f")).toBe("add")
    expect(functionChooser(["cut", "add"], undefined).nameFor("stack-add-1X", "f")).toBe(null)
    expect(functionChooser(["cut", "add"], "cut").nameFor("add", "f")).toBe(null)
    expect(functionChooser(["cut", "add"], "cut").nameFor("stack-cut-1X", "f")).toBe("cut")
    expect(functionChooser(["cut", "add"], "cut").nameFor(null, "f")).toBe("cut")
    expect(functionChooser(["cut"], undefined).nameFor(null, "f")).toBe("cut")
  })

  it("must be known", () => {
    expect(() => functionChooser(["cut", "add"], undefined).nameFor(null, "f.log")).toThrow(
      /f\.log: .* --function cut\|add/,
    )
    expect(() => functionChooser(["cut"], "add")).toThrow("the workflow has no function add; it has cut")
    const chooser = functionChooser(["cut"], undefined)
    chooser.nameFor("other", "f")
    expect(chooser.nothing("f").message).toContain("measurements of other")
  })
})
