import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { afterEach, expect, test } from "vitest"
import { httpConnection } from "./http-connection.ts"

let server: Server
afterEach(() => server.close())

/** A server that echoes bodies and counts its connections. */
async function start(
  options: { readonly close?: boolean } = {},
): Promise<{ address: string; connections: () => number }> {
  let connections = 0
  server = createServer((request, response) => {
    if (options.close === true) response.setHeader("connection", "close")
    request.pipe(response)
  })
  server.on("connection", () => connections++)
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  // An IP server has an address with a port.
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => connections }
}

test("many requests share one connection", async () => {
  const { address, connections } = await start()
  const request = httpConnection(address)
  for (let i = 0; i < 30; i++) {
    const { status, body } = await request({ method: "POST", path: "/", body: `caf\u00e9 ${i}` })
    expect([status, body.toString()]).toEqual([200, `caf\u00e9 ${i}`])
  }
  expect((await request({ method: "GET", path: "/" })).body).toHaveLength(0)
  expect(connections()).toBe(1)
})

test("a large body arrives whole", async () => {
  const { address } = await start()
  const body = "x".repeat(5_000_000)
  expect((await httpConnection(address)({ method: "POST", path: "/", body })).body.length).toBe(body.length)
})

test("a connection that the server has closed is opened again", async () => {
  const { address, connections } = await start()
  const request = httpConnection(address)
  await request({ method: "POST", path: "/", body: "1" })
  server.closeAllConnections()
  expect((await request({ method: "POST", path: "/", body: "2" })).body.toString()).toBe("2")
  expect(connections()).toBe(2)
})

test("a server that closes after each response gets a connection for each request", async () => {
  const { address, connections } = await start({ close: true })
  const request = httpConnection(address)
  for (const body of ["1", "2", "3"])
    expect((await request({ method: "POST", path: "/", body })).body.toString()).toBe(body)
  expect(connections()).toBe(3)
})

test("without a server the request fails", async () => {
  const { address } = await start()
  await new Promise((resolve) => server.close(resolve))
  await expect(httpConnection(address)({ method: "GET", path: "/" })).rejects.toMatchObject({ code: "ECONNREFUSED" })
})
