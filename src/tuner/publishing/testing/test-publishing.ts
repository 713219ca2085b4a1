import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { Clock } from "../../../base/clock.ts"
import { virtualClock } from "../../../base/testing/virtual-clock.ts"
import type { StoreUnderTest } from "../../../stores/testing/test-store.ts"
import type { Store } from "../../../stores/store.ts"
import type { ConfigDocument, Configs } from "../config-document.ts"
import { type ConfigPublisher, configPublisher, type PublishOutcome } from "../config-publisher.ts"
import { currentKey, versionKey } from "../object-names.ts"

/** Configurations whose two steps must always agree: a mix of two versions shows. */
export function pairOf(memoryMB: number): Configs {
  const config = { memoryMB, instances: 1, processes: 1 }
  return { decode: config, encode: config }
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** What publishing promises on any store: C1 to C6 of config-publisher.ts. `writers` publish `each` versions at once. */
export function testPublishing(
  name: string,
  create: () => Promise<StoreUnderTest>,
  { writers, each }: { readonly writers: number; readonly each: number },
): void {
  describe(`publishing on a store: ${name}`, () => {
    let subject: StoreUnderTest
    const clock: Clock = virtualClock()
    const store = (): Store => subject.store
    const publisher = (secret?: string): ConfigPublisher =>
      configPublisher({ store: store(), pipeline: "face", clock, ...(secret === undefined ? {} : { secret }) })
    beforeEach(async () => {
      subject = await create()
    })
    afterEach(async () => await subject.dispose?.())

    testVersions(publisher, store)
    testDamage(publisher, store)
    test(`${writers * each} versions of ${writers} publishers at once: no gap, no mix, never an older one after a newer`, async () => {
      await raceOfPublishers(publisher, { writers, each })
    })
  })
}

function testVersions(publisher: (secret?: string) => ConfigPublisher, store: () => Store): void {
  test("nothing is published at first", async () => {
    expect(await publisher().newest()).toEqual({ latest: 0, document: null, refused: [] })
  })

  test("versions follow each other, and another publisher sees the newest", async () => {
    const one = publisher()
    expect(versionOf(await one.publish({ configs: pairOf(512), reason: "first" }))).toBe(1)
    expect(versionOf(await publisher().publish({ configs: pairOf(640), reason: "second" }))).toBe(2)
    expect(versionOf(await one.publish({ configs: pairOf(768), reason: "third" }))).toBe(3)
    const { latest, document } = await publisher().newest()
    expect([latest, document?.configs, document?.reason]).toEqual([3, pairOf(768), "third"])
    expect(decode(await store().get(currentKey("face")))).toBe(decode(await store().get(versionKey("face", 3))))
  })

  test("a change for a version that is not the newest any more writes nothing", async () => {
    const [mine, other] = [publisher(), publisher()]
    await mine.publish({ configs: pairOf(512), reason: "base" })
    await other.publish({ configs: pairOf(640), reason: "theirs" })
    const outcome = await mine.publish({ configs: pairOf(768), reason: "mine" }, { after: 1 })
    expect(outcome).toMatchObject({ kind: "overtaken", newest: { latest: 2, document: { reason: "theirs" } } })
    expect((await publisher().newest()).latest).toBe(2)
  })

  test("taking a change back is a new version with the old configurations and no canary", async () => {
    const one = publisher()
    const canary = { sharePercent: 20, configs: { decode: pairOf(1024)["decode"]! } }
    await one.publish({ configs: pairOf(512), reason: "base", canary })
    await one.publish({ configs: pairOf(640), reason: "a step up" })
    const outcome = await one.rollback(1, "worse")
    expect(outcome).toMatchObject({ document: { version: 3, restores: 1, configs: pairOf(512), reason: "worse" } })
    expect(outcome).not.toHaveProperty("document.canary")
    await expect(one.rollback(9, "never was")).rejects.toMatchObject({ code: "usage" })
  })

  test("a change that no reader would take is not written", async () => {
    const bad = { decode: { memoryMB: Number.NaN, instances: 1, processes: 1 } }
    await expect(publisher().publish({ configs: bad, reason: "bad" })).rejects.toMatchObject({ code: "invalid-data" })
    expect((await publisher().newest()).latest).toBe(0)
  })

  test("a copy that lags or is lost only makes the search longer", async () => {
    const one = publisher()
    for (let i = 1; i <= 11; i++) await one.publish({ configs: pairOf(64 * i), reason: `${i}` })
    // As a publisher leaves it that was killed before it wrote the copy, or was very late.
    await store().put(currentKey("face"), await store().get(versionKey("face", 2)))
    expect((await publisher().newest()).document?.version).toBe(11)
    await store().delete(currentKey("face"))
    expect((await publisher().newest()).document?.version).toBe(11)
  })

  test("the history has every version", async () => {
    const one = publisher()
    for (const reason of ["a", "b", "c"]) await one.publish({ configs: pairOf(512), reason })
    await store().put(versionKey("face", 2), encode("{}"))
    const found: string[] = []
    for await (const entry of one.history()) found.push("key" in entry ? "refused" : entry.reason)
    expect(found).toEqual(["a", "refused", "c"])
  })
}

function testDamage(publisher: (secret?: string) => ConfigPublisher, store: () => Store): void {
  const damage = async (change: (text: string) => string): Promise<void> => {
    const one = publisher()
    await one.publish({ configs: pairOf(512), reason: "good" })
    await one.publish({ configs: pairOf(1024), reason: "to be damaged" })
    for (const key of [versionKey("face", 2), currentKey("face")])
      await store().put(key, encode(change(decode(await store().get(key)))))
  }

  test.each([
    ["a changed size", (text: string) => text.replaceAll("1024", "10240"), /checksum/],
    ["half of it", (text: string) => text.slice(0, text.length / 2), /JSON/],
    ["nothing", () => "", /JSON/],
    ["a list", () => "[]", /object/],
  ])("%s is refused with its reason, and the version before goes on", async (_, change, reason) => {
    await damage(change)
    const found = await publisher().newest()
    expect([found.latest, found.document?.version]).toEqual([2, 1])
    expect(found.refused.map((refusal) => refusal.reason).join()).toMatch(reason)
    // And is passed over by the next publish.
    expect(versionOf(await publisher().publish({ configs: pairOf(768), reason: "next" }))).toBe(3)
    expect((await publisher().newest()).document?.version).toBe(3)
  })

  test("an old version under a new name is refused", async () => {
    await publisher().publish({ configs: pairOf(512), reason: "good" })
    await store().put(versionKey("face", 2), await store().get(versionKey("face", 1)))
    const found = await publisher().newest()
    expect(found).toMatchObject({
      latest: 2,
      document: { version: 1 },
      refused: [{ reason: "it says that it is version 1" }],
    })
  })

  test("with a secret, a version that was made without it is refused, however right its checksum", async () => {
    await publisher("s3cret").publish({ configs: pairOf(512), reason: "good" })
    await publisher().publish({ configs: pairOf(10_240), reason: "forged" })
    const found = await publisher("s3cret").newest()
    expect([found.latest, found.document?.version]).toEqual([2, 1])
  })
}

function versionOf(outcome: PublishOutcome): number {
  return outcome.kind === "published" ? outcome.document.version : -1
}

/** Three readers look all the time while the writers write: C1 and C2 of config-publisher.ts. */
export async function raceOfPublishers(
  publisher: () => ConfigPublisher,
  { writers, each }: { readonly writers: number; readonly each: number },
): Promise<void> {
  const done = new AbortController()
  const seen: ConfigDocument[] = []
  const read = async (): Promise<void> => {
    while (!done.signal.aborted) {
      const before = seen.at(-1)?.version ?? 0
      const { document } = await publisher().newest()
      if (document === null) continue
      // Not even this reader's fresh publisher, after any other reader has seen a newer one.
      expect(document.version).toBeGreaterThanOrEqual(before)
      expect(document.configs["decode"]).toEqual(document.configs["encode"])
      seen.push(document)
    }
  }
  const readers = Promise.all([read(), read(), read()])
  const outcomes = await Promise.all(
    Array.from({ length: writers }, () => publisher()).flatMap((one, writer) =>
      Array.from({ length: each }, (_, i) =>
        one.publish({ configs: pairOf(1 + writer * each + i), reason: `${writer}` }),
      ),
    ),
  )
  done.abort()
  await readers
  const versions = outcomes.map(versionOf).sort((a, b) => a - b)
  expect(versions).toEqual(Array.from({ length: writers * each }, (_, i) => i + 1))
  expect((await publisher().newest()).document?.version).toBe(writers * each)
  expect(seen.length).toBeGreaterThan(0)
}
