import { spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { build } from "esbuild"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { realClock } from "../../base/clock.ts"
import { fsStore } from "../../stores/fs/fs-store.ts"
import { type ConfigPublisher, configPublisher } from "./config-publisher.ts"
import { raceOfPublishers } from "./testing/test-publishing.ts"

const folder = mkdtempSync(join(tmpdir(), "trimtab-publishing-"))
const bundle = join(folder, "publish-child.mjs")
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeAll(async () => {
  await build({
    entryPoints: [join(import.meta.dirname, "testing/publish-child.ts")],
    outfile: bundle,
    bundle: true,
    platform: "node",
    format: "esm",
  })
})

function publishChild(
  root: string,
  killAt: number,
  memoryMB: number,
): { readonly killed: boolean; readonly out: string } {
  const { signal, stdout } = spawnSync(process.execPath, [bundle, root, `${killAt}`, `${memoryMB}`], {
    encoding: "utf8",
  })
  return { killed: signal === "SIGKILL", out: stdout }
}

describe("killed at a call of the file system", () => {
  test("at every one of a publish: a valid version remains, whole, and the next publish follows it", async () => {
    const base = join(folder, "base")
    expect(publishChild(base, 0, 512).out).toMatch(/^1 /)
    let kills = 0
    for (let at = 1; ; at++) {
      const root = join(folder, `killed-${at}`)
      cpSync(base, root, { recursive: true })
      const { killed } = publishChild(root, at, 640)
      const { latest, document, refused } = await publisherIn(root).newest()
      expect(refused).toEqual([])
      expect([1, 2]).toContain(latest)
      // All of the old configuration or all of the new one.
      const memoryMB = latest === 1 ? 512 : 640
      const config = { memoryMB, instances: 1, processes: 1 }
      expect(document).toMatchObject({ version: latest, configs: { decode: config, encode: config } })
      const next = await publisherIn(root).publish({ configs: { decode: config }, reason: "after the kill" })
      expect(next).toMatchObject({ document: { version: latest + 1 } })
      if (!killed) break
      kills++
    }
    // Reading, the version, its copy: each of several calls.
    expect(kills).toBeGreaterThan(15)
  })
})

test("1,000 versions in files of two publishers at once: no gap, no mix, never an older one after a newer", async () => {
  const root = join(folder, "raced")
  await raceOfPublishers(() => publisherIn(root), { writers: 2, each: 500 })
})

function publisherIn(root: string): ConfigPublisher {
  return configPublisher({ store: fsStore(root), pipeline: "face", clock: realClock })
}
