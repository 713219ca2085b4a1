import { mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { openStore } from "../open-store.ts"
import type { Store } from "../store.ts"
import { listAll, testStore } from "../testing/test-store.ts"
import { nodeFiles, type FilePort } from "./file-port.ts"
import { fsStore } from "./fs-store.ts"

testStore("fs", async () => {
  const root = await mkdtemp(join(tmpdir(), "trimtab-fs-store-"))
  return { store: fsStore(root), dispose: async () => await rm(root, { recursive: true, force: true }) }
})

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const large = (fill: number): Uint8Array => new Uint8Array(400_000).fill(fill)

let base: string
let root: string
let store: Store
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "trimtab-fs-store-"))
  root = join(base, "store")
  store = fsStore(root)
})
afterEach(async () => await rm(base, { recursive: true, force: true }))

/** Every file below the folder, by path relative to it. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name)
}

/** The file system, with one call replaced by an error. */
function failing(call: keyof FilePort, code: string): FilePort {
  const fail = (): never => {
    throw Object.assign(new Error(`${code}: injected, ${call}`), { code })
  }
  return { ...nodeFiles, [call]: fail }
}

/** The file system, where a method of every handle opened for writing fails. */
function failingHandle(method: "writeFile" | "datasync", code: string): FilePort {
  const open: FilePort["open"] = async (path, flags, mode) => {
    const handle = await nodeFiles.open(path, flags, mode)
    if (flags === "wx") {
      handle[method] = async (): Promise<never> => {
        throw Object.assign(new Error(`${code}: injected`), { code })
      }
    }
    return handle
  }
  return { ...nodeFiles, open }
}

describe("links", () => {
  test("a link inside the root is refused wherever it points, on the way and at the end", async () => {
    const outside = join(base, "outside")
    await mkdir(outside)
    await mkdir(root)
    await writeFile(join(outside, "secret"), "secret")
    await symlink(outside, join(root, "way"))
    await symlink(join(outside, "secret"), join(root, "end"))
    await symlink(join(outside, "absent"), join(root, "dangling"))
    for (const key of ["way/secret", "way/new", "way/new/deeper", "end", "dangling", "dangling/x"]) {
      await expect(store.put(key, encode("x"))).rejects.toMatchObject({ code: "store-path" })
      await expect(store.putIfAbsent(key, encode("x"))).rejects.toMatchObject({ code: "store-path" })
    }
    for (const key of ["way/secret", "end"]) {
      await expect(store.get(key)).rejects.toMatchObject({ code: "store-path" })
      await expect(store.head(key)).rejects.toMatchObject({ code: "store-path" })
      await expect(store.delete(key)).rejects.toMatchObject({ code: "store-path" })
    }
    expect(await listAll(store, "")).toEqual([])
    expect(await filesIn(outside)).toEqual(["secret"])
    expect(await readFile(join(outside, "secret"), "utf8")).toBe("secret")
  })

  test("the root itself may be reached through a link", async () => {
    await mkdir(root)
    await symlink(root, join(base, "alias"))
    await fsStore(join(base, "alias")).put("a/b", encode("x"))
    expect(decode(await store.get("a/b"))).toBe("x")
  })
})

describe("a failing disk", () => {
  test.each([
    ["a full disk while writing", failingHandle("writeFile", "ENOSPC"), "disk-full"],
    ["a full disk at fsync", failingHandle("datasync", "ENOSPC"), "disk-full"],
    ["an I/O error at fsync", failingHandle("datasync", "EIO"), "io"],
    ["a full disk when the temp file is made", failing("open", "ENOSPC"), "disk-full"],
    ["a failing rename", failing("rename", "EIO"), "io"],
    ["a read-only file system", failing("mkdir", "EROFS"), "io"],
    ["no permission", failing("open", "EACCES"), "permission"],
  ])("%s: the write fails clearly and leaves nothing", async (_, files, code) => {
    await expect(fsStore(root, files).put("new/object", encode("x"))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(join(root, "new", "object")),
    })
    expect(await store.head("new/object")).toBeNull()
    expect(await filesIn(base)).toEqual([])
  })

  test("a failed replacement keeps the old object", async () => {
    await store.put("k", encode("old"))
    await expect(fsStore(root, failingHandle("datasync", "EIO")).put("k", encode("new"))).rejects.toThrow("EIO")
    expect(decode(await store.get("k"))).toBe("old")
    expect(await filesIn(root)).toEqual(["k"])
  })

  test("a real full device is told as such", async () => {
    const open: FilePort["open"] = async (path, flags, mode) =>
      flags === "wx" ? await nodeFiles.open("/dev/full", "w") : await nodeFiles.open(path, flags, mode)
    const full = fsStore(root, { ...nodeFiles, open })
    await expect(full.put("k", large(1))).rejects.toMatchObject({ code: "disk-full", retryable: true })
  })
})

describe("temp files and checksums", () => {
  test("a large object has its sum beside it, unlisted, and gone with it", async () => {
    await store.put("big", large(1))
    expect(await filesIn(root)).toHaveLength(2)
    expect((await listAll(store, "")).map((info) => info.key)).toEqual(["big"])
    await store.delete("big")
    expect(await filesIn(root)).toEqual([])
  })

  test("head of a large object does not read it", async () => {
    const { sha256 } = await store.put("big", large(1))
    const open: FilePort["open"] = async (path, flags, mode) => {
      const handle = await nodeFiles.open(path, flags, mode)
      Object.assign(handle, { read: () => expect.unreachable("the object was read") })
      return handle
    }
    expect((await fsStore(root, { ...nodeFiles, open }).head("big"))?.sha256).toBe(sha256)
  })

  test.each(["", "torn", "0".repeat(120)])("a torn checksum (%j) is computed again and healed", async (text) => {
    const { sha256 } = await store.put("big", large(2))
    const sums = (await filesIn(root)).filter((name) => name.startsWith(".trimtab-sum-"))
    await writeFile(join(root, sums[0]!), text)
    expect((await store.head("big"))?.sha256).toBe(sha256)
    expect(await readFile(join(root, sums[0]!), "latin1")).toContain(sha256)
  })

  test("a checksum cut at any byte is never believed wrongly", async () => {
    const { sha256 } = await store.put("big", large(3))
    const sum = join(
      root,
      (await filesIn(root)).find((name) => name.startsWith(".trimtab-sum-"))!,
    )
    const whole = await readFile(sum)
    for (let cut = 0; cut < whole.length; cut += 7) {
      await writeFile(sum, whole)
      await truncate(sum, cut)
      expect((await store.head("big"))?.sha256).toBe(sha256)
    }
  })

  test("an object changed behind our back gets its true sum", async () => {
    const { sha256 } = await store.put("big", large(4))
    await writeFile(join(root, "big"), large(5))
    await utimes(join(root, "big"), 1, 1)
    expect((await store.head("big"))?.sha256).not.toBe(sha256)
  })

  test("a damaged object is not handed out as a file", async () => {
    await store.put("big", large(6))
    const files: FilePort = {
      ...nodeFiles,
      // A bit that flipped on the disk: same inode, size and time, another byte.
      open: async (path, flags, mode) => {
        const handle = await nodeFiles.open(path, flags, mode)
        const stat = handle.stat.bind(handle)
        if (String(path).endsWith("big")) {
          const damagedHandle = await nodeFiles.open(join(base, "damaged"), "r")
          Object.assign(damagedHandle, { stat })
          return damagedHandle
        }
        return handle
      },
    }
    await writeFile(join(base, "damaged"), large(7))
    const target = join(base, "target")
    await expect(fsStore(root, files).getFile("big", target)).rejects.toMatchObject({ code: "io" })
    await expect(readFile(target)).rejects.toMatchObject({ code: "ENOENT" })
  })

  test("a stale temp file of a dead process harms nothing", async () => {
    await mkdir(root)
    for (let n = 0; n < 5; n++) await writeFile(join(root, `.trimtab-tmp-${process.pid}-${n}`), "stale")
    await store.put("k", encode("x"))
    expect((await listAll(store, "")).map((info) => info.key)).toEqual(["k"])
  })

  test("deleting the last object of a folder removes the folder, never the root", async () => {
    await store.put("a/b/c", encode("x"))
    await store.delete("a/b/c")
    expect(await readdir(root)).toEqual([])
  })
})

describe("names that cannot both be files", () => {
  test("an object below or above another object is refused, by put and putIfAbsent", async () => {
    await store.put("a", encode("x"))
    await store.put("folder/object", encode("x"))
    for (const key of ["a/b", "a/b/c", "folder"]) {
      await expect(store.put(key, encode("y"))).rejects.toMatchObject({ code: "store-path" })
      await expect(store.putIfAbsent(key, encode("y"))).rejects.toMatchObject({ code: "store-path" })
    }
    expect(decode(await store.get("a"))).toBe("x")
  })
})

describe("openStore", () => {
  test("opens what url names, in another process or this one", async () => {
    expect(store.url).toBe(pathToFileURL(root).href)
    await store.put("k", encode("x"))
    const other = await openStore(store.url!)
    expect(decode(await other.get("k"))).toBe("x")
  })

  test("a folder with odd characters survives the URL", async () => {
    const odd = fsStore(join(base, "a b#c%20?"))
    await odd.put("k", encode("x"))
    expect(decode(await (await openStore(odd.url!)).get("k"))).toBe("x")
  })

  test("refuses what it does not know", async () => {
    await expect(openStore("ftp://host/x")).rejects.toMatchObject({ code: "unsupported" })
    await expect(openStore("some/folder")).rejects.toMatchObject({ code: "usage" })
    await expect(openStore("file://host/x")).rejects.toMatchObject({ code: "usage" })
  })
})
