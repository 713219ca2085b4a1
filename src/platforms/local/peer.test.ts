import { describe, expect, it } from "vitest"
import { isFromBrowser, uidIn } from "./peer.ts"

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2328 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1 0 100 0 0 10 0
   1: 0100007F:9C40 0100007F:2328 01 00000000:00000000 00:00000000 00000000  1001        0 2 1 0 20 4 30 10 -1
   2: 0100007F:2328 0100007F:9C40 01 00000000:00000000 00:00000000 00000000  1000        0 3 1 0 20 4 30 10 -1`

describe("peers", () => {
  it("are found by both ports of the connection", () => {
    expect(uidIn(TABLE, 40_000, 9000)).toBe(1001)
    expect(uidIn(TABLE, 9000, 40_000)).toBe(1000)
    expect(uidIn(TABLE, 40_001, 9000)).toBeNull()
  })

  it("in a browser send an origin, or a host of their own", () => {
    expect(isFromBrowser({ host: "127.0.0.1:9000" })).toBe(false)
    expect(isFromBrowser({ host: "localhost:9000" })).toBe(false)
    expect(isFromBrowser({ host: "127.0.0.1:9000", origin: "https://example.com" })).toBe(true)
    expect(isFromBrowser({ host: "rebound.example.com:9000" })).toBe(true)
    expect(isFromBrowser({ host: "127.0.0.1.example.com" })).toBe(true)
  })
})
