import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fsStore } from "../../stores/fs/fs-store.ts"
import { memoryStore } from "../../stores/memory-store.ts"
import { testPublishing } from "./testing/test-publishing.ts"

testPublishing("memory", async () => ({ store: memoryStore() }), { writers: 10, each: 100 })

testPublishing(
  "fs",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "trimtab-publishing-"))
    return { store: fsStore(folder), dispose: () => rm(folder, { recursive: true, force: true }) }
  },
  // Each version costs two writes that wait for the disk; all 1,000 on files are in config-publisher.process.test.ts.
  { writers: 4, each: 10 },
)
