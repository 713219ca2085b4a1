import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createHash } from "node:crypto"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { ObjectInfo, Store } from "../store.ts"
import { ODD_KEYS, REFUSED_KEYS } from "./keys.ts"

/** A fresh, empty store, and how to be rid of it. */
export interface StoreUnderTest {
  readonly store: Store
  readonly dispose?: () => Promise<void>
}

/** A thousand writes that each wait for the disk take seconds where others use it, too. */
const SLOW_DISK = { timeout: 120_000 }

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const sumOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

/** Everything that the store lists under the prefix. */
export async function listAll(store: Store, prefix: string): Promise<ObjectInfo[]> {
  const listed: ObjectInfo[] = []
  for await (const info of store.list(prefix)) listed.push(info)
  return listed
}

/** The conformance suite of stores, for vitest: every implementation of Store passes it. */
export function testStore(name: string, create: () => Promise<StoreUnderTest>): void {
  describe(`store: ${name}`, () => {
    let subject: StoreUnderTest
    let folder: string
    const store = (): Store => subject.store
    beforeEach(async () => {
      subject = await create()
      folder = await mkdtemp(join(tmpdir(), "trimtab-store-test-"))
    })
    afterEach(async () => {
      await subject.dispose?.()
      await rm(folder, { recursive: true, force: true })
    })
    testObjects(store)
    testRaces(store)
    testFiles(store, () => folder)
    testKeys(store)
    testListing(store)
    testRequests(store)
  })
}

function testObjects(store: () => Store): void {
  test("a write is read back, with size and sum", async () => {
    const bytes = encode("hello")
    const info = await store().put("a/b", bytes)
    expect(info).toEqual({ key: "a/b", sizeBytes: 5, sha256: sumOf(bytes) })
    expect(decode(await store().get("a/b"))).toBe("hello")
    expect(await store().head("a/b")).toEqual(info)
  })

  test("a second write replaces the first, longer or shorter", async () => {
    for (const text of ["first", "a second, longer one", "3"]) {
      await store().put("k", encode(text))
      expect(decode(await store().get("k"))).toBe(text)
      expect((await store().head("k"))?.sha256).toBe(sumOf(encode(text)))
    }
  })

  test("an empty object is an object", async () => {
    await store().put("empty", new Uint8Array())
    expect((await store().get("empty")).byteLength).toBe(0)
    expect(await store().head("empty")).toEqual({ key: "empty", sizeBytes: 0, sha256: sumOf(new Uint8Array()) })
    expect(await store().putIfAbsent("empty", encode("x"))).toBe(false)
  })

  test("a large object keeps its sum through a replacement", async () => {
    const large = new Uint8Array(700_000).map((_, i) => i * 7)
    const other = new Uint8Array(700_000).map((_, i) => i * 11)
    expect((await store().put("large", large)).sha256).toBe(sumOf(large))
    expect((await store().head("large"))?.sha256).toBe(sumOf(large))
    await store().put("large", other)
    expect(await store().head("large")).toEqual({ key: "large", sizeBytes: 700_000, sha256: sumOf(other) })
    expect(sumOf(await store().get("large"))).toBe(sumOf(other))
  })

  test("a range is cut to the object", async () => {
    await store().put("r", encode("0123456789"))
    const range = async (start: number, end: number): Promise<string> => decode(await store().get("r", { start, end }))
    expect(await range(2, 5)).toBe("234")
    expect(await range(0, 10)).toBe("0123456789")
    expect(await range(8, 100)).toBe("89")
    expect(await range(10, 20)).toBe("")
    expect(await range(5, 5)).toBe("")
  })

  test("what is absent: head is null, get throws store-missing, delete is no error", async () => {
    await store().put("there/below", encode("x"))
    for (const key of ["absent", "deep/absent", "there", "there/below/it"]) {
      expect(await store().head(key)).toBeNull()
      await expect(store().get(key)).rejects.toMatchObject({ code: "store-missing" })
      await store().delete(key)
    }
    expect(await store().head("there/below")).not.toBeNull()
  })

  test("a deleted object is gone, and its name is free again", async () => {
    await store().put("d/e", encode("1"))
    await store().delete("d/e")
    await store().delete("d/e")
    expect(await store().head("d/e")).toBeNull()
    expect(await store().putIfAbsent("d/e", encode("2"))).toBe(true)
    expect(decode(await store().get("d/e"))).toBe("2")
  })

  test("bytes are copies: changing them later changes no object", async () => {
    const bytes = encode("abc")
    await store().put("c", bytes)
    bytes[0] = 0
    const read = await store().get("c")
    read[1] = 0
    expect(decode(await store().get("c"))).toBe("abc")
  })

  test("an aborted request rejects with the signal's reason and changes nothing", async () => {
    const signal = AbortSignal.abort(new Error("enough"))
    await expect(store().put("x", encode("x"), signal)).rejects.toThrow("enough")
    await expect(store().putIfAbsent("x", encode("x"), signal)).rejects.toThrow("enough")
    expect(await store().head("x")).toBeNull()
    await expect(store().get("x", undefined, signal)).rejects.toThrow("enough")
  })
}

function testRaces(store: () => Store): void {
  test("100 racing putIfAbsent have one winner, whose bytes stay", async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, async (_, i) => await store().putIfAbsent("race/one", encode(`writer ${i}`))),
    )
    expect(outcomes.filter(Boolean)).toHaveLength(1)
    expect(decode(await store().get("race/one"))).toBe(`writer ${outcomes.indexOf(true)}`)
    expect(await store().putIfAbsent("race/one", encode("late"))).toBe(false)
  })

  test("no reader sees a torn object while it is being replaced", SLOW_DISK, async () => {
    const versions = [1, 2, 3].map((n) => new Uint8Array(100_000 * n).fill(n))
    const sums = new Set(versions.map(sumOf))
    await store().put("torn", versions[0]!)
    const done = new AbortController()
    const reads = (async () => {
      while (!done.signal.aborted) {
        const bytes = await store().get("torn")
        expect(sums).toContain(sumOf(bytes))
        const info = await store().head("torn")
        expect(sums).toContain(info?.sha256)
        expect(info?.sizeBytes).toBe(versions.find((version) => sumOf(version) === info?.sha256)?.byteLength)
      }
    })()
    for (let i = 0; i < 30; i++) await Promise.all(versions.map(async (bytes) => await store().put("torn", bytes)))
    done.abort()
    await reads
  })

  test("puts and deletes of neighbours do not disturb each other", async () => {
    const one = async (i: number): Promise<void> => {
      for (let round = 0; round < 10; round++) {
        await store().put(`busy/folder/${i}`, encode(`${round}`))
        await store().delete(`busy/folder/${i}`)
      }
      await store().put(`busy/folder/${i}`, encode("last"))
    }
    await Promise.all(Array.from({ length: 8 }, async (_, i) => await one(i)))
    for (let i = 0; i < 8; i++) expect(decode(await store().get(`busy/folder/${i}`))).toBe("last")
  })
}

function testFiles(store: () => Store, folder: () => string): void {
  test("files go in and come out unchanged, and the target's folder is made", async () => {
    const bytes = new Uint8Array(3_000_000).map((_, i) => i % 251)
    const source = join(folder(), "source")
    await writeFile(source, bytes)
    const info = await store().putFile("files/f", source)
    expect(info).toEqual({ key: "files/f", sizeBytes: bytes.byteLength, sha256: sumOf(bytes) })
    const target = join(folder(), "new", "folder", "target")
    expect(await store().getFile("files/f", target)).toEqual(info)
    expect(sumOf(await readFile(target))).toBe(info.sha256)
  })

  test("a missing object leaves no file, a missing file leaves no object", async () => {
    const target = join(folder(), "none")
    await expect(store().getFile("absent", target)).rejects.toMatchObject({ code: "store-missing" })
    await expect(readFile(target)).rejects.toMatchObject({ code: "ENOENT" })
    await expect(store().putFile("k", join(folder(), "none"))).rejects.toMatchObject({ code: "io" })
    expect(await store().head("k")).toBeNull()
  })
}

function testKeys(store: () => Store): void {
  test.each(REFUSED_KEYS.map((key) => [JSON.stringify(key).slice(0, 60), key]))(
    "refuses the key %s",
    async (_, key) => {
      const refused = { code: "store-path" }
      await expect(store().put(key, encode("x"))).rejects.toMatchObject(refused)
      await expect(store().putIfAbsent(key, encode("x"))).rejects.toMatchObject(refused)
      await expect(store().get(key)).rejects.toMatchObject(refused)
      await expect(store().head(key)).rejects.toMatchObject(refused)
      await expect(store().delete(key)).rejects.toMatchObject(refused)
      await expect(store().putFile(key, "/dev/null")).rejects.toMatchObject(refused)
      await expect(store().getFile(key, "/dev/null/x")).rejects.toMatchObject(refused)
    },
  )

  test("odd but harmless keys are kept apart", async () => {
    for (const [i, key] of ODD_KEYS.entries()) await store().put(key, encode(`${i}`))
    for (const [i, key] of ODD_KEYS.entries()) expect(decode(await store().get(key))).toBe(`${i}`)
    const listed = (await listAll(store(), "")).map((info) => info.key)
    expect(listed).toEqual([...ODD_KEYS].sort())
  })
}

function testListing(store: () => Store): void {
  const keysOf = async (prefix: string): Promise<string[]> => (await listAll(store(), prefix)).map((info) => info.key)

  test("1,000 objects are listed in key order, each once", SLOW_DISK, async () => {
    const keys = Array.from({ length: 1000 }, (_, i) => `many/${i % 7}/${i}`)
    await Promise.all(keys.map(async (key) => await store().put(key, encode(key))))
    const listed = await listAll(store(), "many/")
    expect(listed.map((info) => info.key)).toEqual([...keys].sort())
    for (const info of listed.slice(0, 20)) expect(info.sha256).toBe(sumOf(encode(info.key)))
  })

  test("a prefix may end inside a name, and a slash sorts after a dash", async () => {
    for (const key of ["a-b", "a/b", "a/c/d", "ab", "b", "a/b2"]) await store().put(key, encode("x"))
    expect(await keysOf("")).toEqual(["a-b", "a/b", "a/b2", "a/c/d", "ab", "b"])
    expect(await keysOf("a")).toEqual(["a-b", "a/b", "a/b2", "a/c/d", "ab"])
    expect(await keysOf("a/")).toEqual(["a/b", "a/b2", "a/c/d"])
    expect(await keysOf("a/b")).toEqual(["a/b", "a/b2"])
    expect(await keysOf("nothing/here")).toEqual([])
  })

  test("a listing during writes shows whole objects and nothing else", async () => {
    const bytes = new Uint8Array(300_000).fill(7)
    const writes = Promise.all(Array.from({ length: 20 }, async (_, i) => await store().put(`w/${i}`, bytes)))
    for (let round = 0; round < 10; round++) {
      for await (const info of store().list("")) {
        expect(info.key).toMatch(/^w\/\d+$/)
        expect(info.sizeBytes).toBe(bytes.byteLength)
      }
    }
    await writes
  })

  test("a prefix that would leave the store is refused", async () => {
    for (const prefix of ["../", "/", "a/../b", "..", "%2e%2e/"])
      await expect(keysOf(prefix)).rejects.toMatchObject({ code: "store-path" })
  })
}

function testRequests(store: () => Store): void {
  test("requests are counted by kind", async () => {
    const before = store().requests()
    await store().put("k", encode("1"))
    await store().putIfAbsent("k", encode("2"))
    await store().get("k")
    await store().head("k")
    await listAll(store(), "")
    await store().delete("k")
    const after = store().requests()
    expect(after.puts - before.puts).toBe(2)
    expect(after.gets - before.gets).toBe(2)
    expect(after.lists - before.lists).toBe(1)
    expect(after.deletes - before.deletes).toBe(1)
  })
}
