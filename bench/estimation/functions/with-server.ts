import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

const SERVER = fileURLToPath(new URL("./server.ts", import.meta.url))

/**
 * Runs `work` while the server of the network module answers on the port. The server ends with this process, however that
 * ends: then its input is closed. Throws when the port is taken.
 */
export async function withServer<T>(port: number, work: () => Promise<T>): Promise<T> {
  const server = spawn(process.execPath, [SERVER, String(port)], { stdio: ["pipe", "pipe", "inherit"] })
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject)
      server.once("exit", (code) => reject(new Error(`the server of the function set ended with code ${code}`)))
      server.stdout.once("data", () => resolve())
    })
    return await work()
  } finally {
    server.kill()
  }
}
