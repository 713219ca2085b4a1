// The remote side of the network module, a process of its own: answers `/?bytes=N&delayMs=M` with N bytes after about M ms.
import { createServer } from "node:http"
import { setTimeout } from "node:timers/promises"
import { type Random, seededRandom } from "../../../src/base/random.ts"
import { normalQuantile } from "../../../src/statistics/normal.ts"

/** Spread of the common delays, and share, shape and cap of the long ones. */
const SIGMA = 0.25
const TAIL_SHARE = 0.05
const TAIL_SHAPE = 1.5
const TAIL_CAP = 20

process.stdin.resume().once("close", () => process.exit())

const body = new Uint8Array(4 * 1024 * 1024).fill(120)
const random = seededRandom(1)

const server = createServer((incoming, response) => {
  const query = new URL(incoming.url ?? "/", "http://localhost").searchParams
  const bytes = Math.min(body.length, Number(query.get("bytes")))
  void setTimeout(Number(query.get("delayMs")) * delayFactor(random)).then(() => {
    response.writeHead(200, { "content-length": bytes }).end(body.subarray(0, bytes))
  })
})
// A function may come back to its connection after minutes; one that is just being closed would fail the request.
server.keepAliveTimeout = 0
server.listen(Number(process.argv[2]), "127.0.0.1", () => process.stdout.write("ready\n"))

/** Lognormal around 1; of some a Pareto tail. */
function delayFactor(stream: Random): number {
  const common = Math.exp(SIGMA * normalQuantile(clamp(stream.next())))
  if (stream.next() >= TAIL_SHARE) return common
  return common * Math.min(TAIL_CAP, (1 - stream.next()) ** (-1 / TAIL_SHAPE))
}

function clamp(p: number): number {
  return Math.min(1 - 1e-9, Math.max(1e-9, p))
}
