import { realClock } from "../../../base/clock.ts"
import { type FilePort, nodeFiles } from "../../../stores/fs/file-port.ts"
import { fsStore } from "../../../stores/fs/fs-store.ts"
import { configPublisher } from "../config-publisher.ts"

// Publishes one version into the store of the folder, and kills itself with SIGKILL before the n-th call that the
// store makes of the file system (0: never). Prints the version.

const [folder = "", killAt = "0", memoryMB = "512"] = process.argv.slice(2)
let calls = 0

/** The file system, until the n-th call. */
function mortal(files: FilePort): FilePort {
  const wrapped = Object.entries(files).map(([name, call]) => [
    name,
    (...args: unknown[]) => {
      if (++calls === Number(killAt)) process.kill(process.pid, "SIGKILL")
      return (call as (...args: unknown[]) => unknown)(...args)
    },
  ])
  // The same names with the same signatures.
  return Object.fromEntries(wrapped) as FilePort
}

const config = { memoryMB: Number(memoryMB), instances: 1, processes: 1 }
const publisher = configPublisher({ store: fsStore(folder, mortal(nodeFiles)), pipeline: "face", clock: realClock })
const outcome = await publisher.publish({ configs: { decode: config, encode: config }, reason: "published" })
process.stdout.write(`${outcome.kind === "published" ? outcome.document.version : 0} ${calls}\n`)
