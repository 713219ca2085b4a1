import { parseArgs } from "node:util"
import { TrimtabError, messageOf } from "../../base/errors.ts"
import { serverOptionsOf, SERVER_FLAGS } from "./arguments.ts"
import { joinServerGroup } from "./enforcement/own-group.ts"
import { LocalServer } from "./server.ts"
import { lockStateDir } from "./server-info.ts"

/**
 * The local platform as a process of its own: `node main.ts --root .trimtab`. Prints one JSON line on stdout,
 * `{ ready }`, `{ running }` when another server has this folder, or `{ error }`; then nothing more.
 */

function say(message: unknown): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: SERVER_FLAGS })
  const options = serverOptionsOf(values)
  const lock = await lockStateDir(options.stateDir)
  if (lock === null) {
    say({ running: true })
    return
  }
  const server = await LocalServer.start(options)
  const leaveGroup = joinServerGroup(server.info)
  const stop = new Promise<void>((resolve) => {
    process.once("SIGTERM", resolve)
    process.once("SIGINT", resolve)
    // A bug: nothing may be left behind all the same.
    process.once("uncaughtException", (error) => {
      console.error(error)
      process.exitCode = 1
      resolve()
    })
  })
  lock.tell(server.info)
  // The reader of this line leaves after it.
  process.stdout.on("error", () => {})
  say({ ready: server.info })
  await Promise.race([stop, server.abandoned])
  leaveGroup()
  await server.close()
  lock.release()
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    const known = error instanceof TrimtabError
    say({
      error: { code: known ? error.code : "internal", message: messageOf(error), fix: known ? error.fix : undefined },
    })
    process.exit(1)
  },
)
