import { connect, type Socket } from "node:net"
import { responseReader, type HttpResponse } from "./http-response.ts"

/** One request. */
export interface HttpRequest {
  readonly method: "GET" | "POST"
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/**
 * HTTP/1.1 to one server, one request at a time over a connection that is kept. On bare sockets: `node:http` takes
 * as long to load as Node itself does to start (28 of 30 ms), and each cold start would pay it.
 */
export function httpConnection(address: string): (request: HttpRequest) => Promise<HttpResponse> {
  const colon = address.lastIndexOf(":")
  const host = address.slice(0, colon)
  const port = Number(address.slice(colon + 1))
  let kept: Socket | null = null

  const open = (): Socket => {
    const socket = connect({ host, port, noDelay: true })
    const forget = (): void => {
      if (kept === socket) kept = null
    }
    // Without a listener an error on the idle connection would end the process.
    return socket.on("close", forget).on("error", forget)
  }

  const send = async (request: HttpRequest): Promise<HttpResponse> =>
    await new Promise((resolve, reject) => {
      const socket = kept ?? open()
      kept = null
      const read = responseReader()
      const end = (error: Error): void => {
        release()
        socket.destroy()
        reject(error)
      }
      const onClose = (): void => end(new Error(`${address} closed the connection`))
      const onData = (chunk: Buffer): void => {
        const response = read(chunk)
        if (response === null) return
        release()
        if (response.last) socket.destroy()
        else kept = socket
        resolve(response)
      }
      const release = (): void => {
        socket.off("data", onData).off("error", end).off("close", onClose)
      }
      socket.on("data", onData).on("error", end).on("close", onClose)
      socket.write(textOf(request, address))
    })

  return async (request) => {
    const reused = kept !== null
    try {
      return await send(request)
    } catch (error) {
      // The server may have closed an idle connection just as we used it: once more on a new one.
      if (reused) return await send(request)
      throw error
    }
  }
}

/** Head and body in one write, so that a small answer is one packet. */
function textOf({ method, path, headers = {}, body = "" }: HttpRequest, address: string): string {
  const lines = [`${method} ${path} HTTP/1.1`, `host: ${address}`]
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  if (method === "POST") lines.push(`content-length: ${Buffer.byteLength(body)}`)
  return `${lines.join("\r\n")}\r\n\r\n${body}`
}
