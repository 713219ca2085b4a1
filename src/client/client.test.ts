import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { build } from "esbuild"
import { describe, expect, test } from "vitest"
import { virtualClock } from "../base/testing/virtual-clock.ts"
import { fsStore } from "../stores/fs/fs-store.ts"
import { memoryStore } from "../stores/memory-store.ts"
import type { Store } from "../stores/store.ts"
import { type ConfigDocument, sealed } from "../tuner/publishing/config-document.ts"
import { type ConfigPublisher, configPublisher } from "../tuner/publishing/config-publisher.ts"
import { currentKey, versionKey } from "../tuner/publishing/object-names.ts"
import {
  type ConfigClient,
  type ConfigClientOptions,
  configClient,
  fileReader,
  httpReader,
  type Read,
} from "./client.ts"

const FALLBACK = { memoryMB: 1769 }

interface World {
  readonly store: Store
  readonly publisher: ConfigPublisher
  readonly clock: ReturnType<typeof virtualClock>
  readonly reads: string[]
  readonly problems: string[]
  readonly client: (options?: Partial<ConfigClientOptions>) => ConfigClient
}

function world(secret?: string): World {
  const store = memoryStore()
  const clock = virtualClock()
  const reads: string[] = []
  const problems: string[] = []
  const read: Read = async (name) => {
    reads.push(name)
    return await textOf(store, name)
  }
  return {
    store,
    clock,
    reads,
    problems,
    publisher: configPublisher({ store, pipeline: "face", clock, ...(secret === undefined ? {} : { secret }) }),
    client: (options) =>
      configClient({
        pipeline: "face",
        read,
        nowMs: () => clock.monotonicMs(),
        onProblem: (problem) => problems.push(problem),
        ...(secret === undefined ? {} : { secret }),
        ...options,
      }),
  }
}

async function textOf(store: Store, name: string): Promise<string | null> {
  return (await store.head(name)) === null ? null : new TextDecoder().decode(await store.get(name))
}

const size = (memoryMB: number) => ({ memoryMB, instances: 1, processes: 1 })
const put = (store: Store, key: string, text: string) => store.put(key, new TextEncoder().encode(text))

describe("a lookup", () => {
  test("gives the published configuration and the qualifier of its variant", async () => {
    const { publisher, client } = world()
    await publisher.publish({ configs: { detect: { memoryMB: 2048, instances: 3, processes: 2 } }, reason: "plan" })
    const decision = await client().decide()
    expect(decision.version).toBe(1)
    expect(decision.of("detect", FALLBACK)).toEqual({ memoryMB: 2048, instances: 3, processes: 2, qualifier: "2048MB" })
  })

  test("gives the fallback where nothing is published and for a step that the version does not have", async () => {
    const { publisher, client } = world()
    const fallback = { memoryMB: 1769, instances: 1, processes: 1, qualifier: "1769MB" }
    const none = await client().decide()
    expect([none.version, none.of("detect", FALLBACK)]).toEqual([0, fallback])
    await publisher.publish({ configs: { detect: size(512) }, reason: "plan" })
    const one = await client().decide()
    for (const step of ["other", "toString", "__proto__"]) expect(one.of(step, FALLBACK)).toEqual(fallback)
  })

  test("reads again only when its time is over, and then one object while nothing changes", async () => {
    const { publisher, client, clock, reads } = world()
    await publisher.publish({ configs: { detect: size(512) }, reason: "plan" })
    const one = client({ ttlMs: 1000 })
    await Promise.all([one.decide(), one.decide(), one.decide()])
    const first = reads.length
    await one.decide()
    expect(reads).toHaveLength(first)
    await publisher.publish({ configs: { detect: size(640) }, reason: "change" })
    expect((await one.decide()).version).toBe(1)
    await clock.advance(1000)
    expect((await one.decide()).version).toBe(2)
    await clock.advance(1000)
    const before = reads.length
    await one.decide()
    expect(reads.slice(before)).toEqual([versionKey("face", 3)])
  })

  test("of one decision stays with one version whatever is published", async () => {
    const { publisher, client, clock } = world()
    await publisher.publish({ configs: { a: size(512), b: size(512) }, reason: "plan" })
    const one = client({ ttlMs: 0 })
    const decision = await one.decide()
    const a = decision.of("a", FALLBACK)
    await publisher.publish({ configs: { a: size(640), b: size(640) }, reason: "change" })
    await clock.advance(10)
    expect((await one.decide()).of("b", FALLBACK).memoryMB).toBe(640)
    expect([a.memoryMB, decision.of("b", FALLBACK).memoryMB]).toEqual([512, 512])
  })

  test("takes the version that its caller used, also when a newer one is known", async () => {
    const { publisher, client } = world()
    await publisher.publish({ configs: { a: size(512) }, reason: "plan" })
    await publisher.publish({ configs: { a: size(640) }, reason: "change" })
    const one = client()
    expect((await one.decide({ version: 1 })).of("a", FALLBACK).memoryMB).toBe(512)
    expect((await one.decide()).of("a", FALLBACK).memoryMB).toBe(640)
    // One that is not there: the newest.
    expect((await one.decide({ version: 7 })).version).toBe(2)
  })
})

describe("a change on trial", () => {
  test("reaches its share of the runs, and all decisions of a run agree", async () => {
    const { publisher, client } = world()
    const canary = { sharePercent: 20, configs: { b: size(1024) } }
    await publisher.publish({ configs: { a: size(512), b: size(512) }, canary, reason: "trial" })
    const [one, other] = [client(), client()]
    let tried = 0
    for (let i = 0; i < 2000; i++) {
      const decision = await one.decide({ run: `run-${i}` })
      expect((await other.decide({ run: `run-${i}` })).canary).toBe(decision.canary)
      expect(decision.of("b", FALLBACK).memoryMB).toBe(decision.canary ? 1024 : 512)
      expect(decision.of("a", FALLBACK).memoryMB).toBe(512)
      if (decision.canary) tried++
    }
    // 400 expected; 5 standard deviations of a binomial are 90.
    expect(Math.abs(tried - 400)).toBeLessThan(90)
  })
})

describe("what cannot be trusted", () => {
  const good = { schemaVersion: 1, pipeline: "face", version: 2, publishedAtMs: 1, reason: "r" } as const
  const poisoned: readonly (readonly [string, unknown])[] = [
    ["no JSON", "{"],
    ["no object", "[1]"],
    ["null", "null"],
    ["a changed size", sealed({ ...good, configs: { a: size(512) } }).replace("512", "5120")],
    ["no checksum", JSON.stringify({ ...good, configs: { a: size(512) } })],
    ["another pipeline", { ...good, pipeline: "other", configs: { a: size(512) } }],
    ["another version", { ...good, version: 3, configs: { a: size(512) } }],
    ["another schema", { ...good, schemaVersion: 2, configs: { a: size(512) } }],
    ["a size of 0", { ...good, configs: { a: size(0) } }],
    ["a size that is no whole number", { ...good, configs: { a: size(512.5) } }],
    ["a size of a million gigabytes", { ...good, configs: { a: size(1e9) } }],
    ["a size that is a text", { ...good, configs: { a: { ...size(1), memoryMB: "512" } } }],
    ["a million processes", { ...good, configs: { a: { ...size(512), processes: 1e6 } } }],
    ["no configurations", good],
    ["configurations that are a list", { ...good, configs: [size(512)] }],
    ["a step without a name", { ...good, configs: { "": size(512) } }],
    ["a canary of all runs", { ...good, configs: { a: size(512) }, canary: { sharePercent: 100, configs: {} } }],
    [
      "a canary of bad sizes",
      { ...good, configs: { a: size(512) }, canary: { sharePercent: 9, configs: { a: size(-1) } } },
    ],
  ]

  test.each(poisoned)("%s is refused by the client and by the publisher, with a reason", async (_, content) => {
    const { publisher, client, store, clock, problems } = world()
    await publisher.publish({ configs: { a: size(256) }, reason: "good" })
    const one = client({ ttlMs: 0 })
    expect((await one.decide()).version).toBe(1)
    // The fields that are wrong are what the case is about.
    const text = typeof content === "string" ? content : sealed(content as ConfigDocument)
    await put(store, versionKey("face", 2), text)
    await clock.advance(1)
    expect((await one.decide()).of("a", FALLBACK).memoryMB).toBe(256)
    expect(problems.join()).toContain(`${versionKey("face", 2)} is refused: `)
    const fresh = await client().decide()
    expect([fresh.version, fresh.of("a", FALLBACK).memoryMB]).toEqual([1, 256])
    const other = configPublisher({ store, pipeline: "face", clock })
    expect(await other.newest()).toMatchObject({ latest: 2, document: { version: 1 }, refused: [{}] })
    // A good version after it is taken by both.
    await other.publish({ configs: { a: size(384) }, reason: "good again" })
    await clock.advance(1)
    expect((await one.decide()).version).toBe(3)
  })

  test("a copy that is damaged or older than what is known changes nothing", async () => {
    const { publisher, client, store, clock } = world()
    for (const memoryMB of [256, 320, 384]) await publisher.publish({ configs: { a: size(memoryMB) }, reason: "r" })
    const one = client({ ttlMs: 0 })
    expect((await one.decide()).version).toBe(3)
    await store.put(currentKey("face"), await store.get(versionKey("face", 1)))
    await clock.advance(1)
    expect((await one.decide()).version).toBe(3)
    expect((await client().decide()).version).toBe(3)
    await put(store, currentKey("face"), "damaged")
    expect((await client().decide()).version).toBe(3)
  })

  test("with a secret, a version that was made without it is refused", async () => {
    const { publisher, client, store, clock } = world("s3cret")
    await publisher.publish({ configs: { a: size(256) }, reason: "good" })
    await configPublisher({ store, pipeline: "face", clock }).publish({
      configs: { a: size(10_240) },
      reason: "forged",
    })
    expect((await client().decide()).of("a", FALLBACK).memoryMB).toBe(256)
    expect((await client({ secret: "another" }).decide()).version).toBe(0)
  })

  test("a store that fails or hangs leaves the last good version, then is left alone for a while", async () => {
    const { publisher, store, clock, problems } = world()
    await publisher.publish({ configs: { a: size(256) }, reason: "good" })
    let state: "well" | "down" | "hanging" = "well"
    let asked = 0
    const read: Read = async (name) => {
      asked++
      if (state === "down") throw new Error("connection refused")
      if (state === "hanging") await new Promise(() => {})
      return await textOf(store, name)
    }
    const one = configClient({
      pipeline: "face",
      read,
      ttlMs: 1000,
      timeoutMs: 20,
      nowMs: () => clock.monotonicMs(),
      onProblem: (problem) => problems.push(problem),
    })
    expect((await one.decide()).version).toBe(1)
    for (const fault of ["down", "hanging"] as const) {
      state = fault
      await clock.advance(1000)
      expect((await one.decide()).version).toBe(1)
      const before = asked
      await one.decide()
      expect(asked).toBe(before)
    }
    expect(problems).toEqual(["face cannot be read: connection refused", "face cannot be read: no answer within 20 ms"])
  })
})

describe("readers", () => {
  test("from a folder", async () => {
    const folder = await mkdtemp(join(tmpdir(), "trimtab-client-"))
    try {
      const publisher = configPublisher({ store: fsStore(folder), pipeline: "face", clock: virtualClock() })
      const client = configClient({ pipeline: "face", read: fileReader(folder, readFile) })
      await publisher.publish({ configs: { a: size(256) }, reason: "good" })
      expect((await client.decide()).of("a", FALLBACK).memoryMB).toBe(256)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  test("over HTTP, where a missing object is 404, or 403 for those who may not list", async () => {
    const { store, publisher } = world()
    await publisher.publish({ configs: { a: size(256) }, reason: "good" })
    for (const missing of [404, 403]) {
      const fetched: string[] = []
      const get = (async (url: string) => {
        fetched.push(url)
        const text = await textOf(store, url.slice("https://bucket.example/x/".length))
        return text === null ? new Response("", { status: missing }) : new Response(text)
      }) as typeof fetch // the part of it that a reader uses
      const client = configClient({ pipeline: "face", read: httpReader("https://bucket.example/x/", get) })
      expect((await client.decide()).version).toBe(1)
      expect(fetched[0]).toBe("https://bucket.example/x/tuner/face/current.json")
    }
    const down = httpReader("https://bucket.example", async () => new Response("", { status: 500 }))
    await expect(down("a", AbortSignal.timeout(1000))).rejects.toThrow("500")
  })
})

test("bundled and minified the client takes at most 5 kB, and imports nothing", async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(import.meta.dirname, "client.ts")],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
    metafile: true,
  })
  expect(outputFiles[0]!.contents.byteLength).toBeLessThanOrEqual(5_000)
  expect(Object.keys(metafile.inputs)).toHaveLength(1)
  expect(outputFiles[0]!.text).not.toMatch(/\bimport\b(?!Key)/)
})
