import { Agent, get } from "node:http"
import { openStore } from "../../../src/stores/open-store.ts"
import type { Store } from "../../../src/stores/store.ts"
import { STORE_VARIABLE } from "../../../src/wrapper/environment.ts"

/** Names the server of the network module, `http://host:port`. */
export const SERVER_VARIABLE = "FUNCTION_SET_SERVER"

let opening: Promise<Store> | null = null

/** Writes an object of remote storage and reads it back. */
export async function store(key: string, bytes: number): Promise<number> {
  const remote = await (opening ??= openStore(process.env[STORE_VARIABLE] ?? ""))
  await remote.put(key, new Uint8Array(bytes).fill(bytes & 0xff))
  return (await remote.get(key)).byteLength
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 })

/** Requests one after the other; the server waits about `delayMs` before each answer. */
export async function request(requests: number, bytes: number, delayMs: number): Promise<number> {
  let received = 0
  for (let made = 0; made < requests; made++) received += await requestOne(bytes, delayMs)
  return received
}

async function requestOne(bytes: number, delayMs: number): Promise<number> {
  return await new Promise((resolve, reject) => {
    let received = 0
    get(`${process.env[SERVER_VARIABLE]}/?bytes=${bytes}&delayMs=${delayMs}`, { agent }, (response) => {
      response.on("data", (chunk: Uint8Array) => (received += chunk.byteLength))
      response.on("end", () => resolve(received)).on("error", reject)
    }).on("error", reject)
  })
}
