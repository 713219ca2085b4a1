import type { Json } from "../../base/json.ts"
import { seededRandom } from "../../base/random.ts"
import type { FunctionPackage } from "../../platforms/platform.ts"
import { memoryStore } from "../../stores/memory-store.ts"
import type { Step, Workflow } from "../../workflow/workflow.ts"
import type { CampaignOptions } from "../campaign.ts"
import { memoryProfileStore } from "../profile-store.ts"
import { type FakeFunction, type FakePlatform, fakePlatform } from "./fake-platform.ts"

/** cut -> mark -> join: `cut` makes so many numbers, `mark` doubles each, `join` adds them up. */
export const NUMBERS: Workflow = {
  name: "numbers",
  functions: Object.fromEntries(
    ["cut", "mark", "join"].map((name) => [name, { name, handler: `./${name}.ts`, threads: "single" as const }]),
  ),
  steps: [
    stepOf("cut", [], { kind: "none" }),
    stepOf("mark", ["cut"], { kind: "each" }),
    stepOf("join", ["mark"], { kind: "none" }),
  ],
}

export const CUT: FakeFunction = {
  fixedMs: 50,
  workMs: 400,
  initMs: 300,
  peakMB: 200,
  exports: { handler: (count) => Array.from({ length: Number(count) }, (_, i) => i) },
}

export const MARK: FakeFunction = {
  fixedMs: 20,
  workMs: 150,
  initMs: 200,
  peakMB: 150,
  exports: { handler: (n) => Number(n) * 2 },
}

export const JOIN: FakeFunction = {
  fixedMs: 10,
  workMs: 80,
  initMs: 100,
  peakMB: 100,
  exports: { handler: (list) => (isList(list) ? list.reduce<number>((sum, n) => sum + Number(n), 0) : -1) },
}

/** A platform with the three functions, and options for a campaign on it: 12 tasks, one minute. */
export interface Setting {
  readonly fake: FakePlatform
  readonly options: CampaignOptions
}

export function setting(
  functions: Readonly<Record<string, FakeFunction>> = {},
  changes: Partial<CampaignOptions> = {},
): Setting {
  const fake = fakePlatform({ cut: CUT, mark: MARK, join: JOIN, ...functions })
  const options: CampaignOptions = {
    workflow: NUMBERS,
    platform: fake.platform,
    store: memoryStore(),
    packages: packagesOf("one"),
    environment: {},
    input: 12,
    profiles: memoryProfileStore(),
    budget: { maxMs: 60_000 },
    signal: new AbortController().signal,
    clock: fake.clock,
    random: seededRandom(1),
    ...changes,
  }
  return { fake, options }
}

/** Packages of the three functions with that code. */
export function packagesOf(codeSha256: string): Map<string, FunctionPackage> {
  return new Map(
    NUMBERS.steps.map(({ name }) => [name, { functionName: name, directory: "", codeSha256, threads: "single" }]),
  )
}

function stepOf(name: string, after: readonly string[], split: Step["split"]): Step {
  const one = { min: 1, max: 1, step: 1 }
  const isShared = split.kind !== "none"
  return {
    name,
    function: name,
    after,
    split,
    merge: { kind: "list" },
    configSpace: {
      memoryMB: { min: 512, max: 3456, step: 128 },
      instances: isShared ? { min: 1, max: 6, step: 1 } : one,
      processes: isShared ? { min: 1, max: 3, step: 1 } : one,
    },
    retry: [],
    timeoutMs: 60_000,
    tolerance: { kind: "count", count: 0 },
  }
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
