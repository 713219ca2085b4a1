/**
 * The worker that the crash tests kill: `node crash-worker.ts <folder> <port> <service>`. It writes a line when it
 * listens, and goes on until it is killed.
 */
import { join } from "node:path"
import { realClock } from "../../src/base/clock.ts"
import { silentLogger } from "../../src/base/logger.ts"
import { startRestateWorker } from "../../src/engine/restate/restate-worker.ts"
import { effectsPlatform } from "../../src/engine/testing/effects-platform.ts"
import { fakePolicy } from "../../src/engine/testing/fake-policy.ts"
import { fsStore } from "../../src/stores/fs/fs-store.ts"

const [folder = "", port = "0", service = ""] = process.argv.slice(2)
const store = fsStore(join(folder, "store"))
await startRestateWorker({
  service,
  platform: effectsPlatform({ effectsPath: join(folder, "effects.txt"), store, longestMs: 60 }),
  store,
  clock: realClock,
  logger: silentLogger,
  policyFor: () => fakePolicy({ forget: true }),
  port: Number(port),
})
process.stdout.write("listening\n")
