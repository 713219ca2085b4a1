import fc from "fast-check"
import { expect, test } from "vitest"
import { responseReader, type HttpResponse } from "./http-response.ts"

/** Feeds the bytes in pieces and returns the responses. */
function readAll(bytes: Buffer, cuts: readonly number[]): HttpResponse[] {
  const read = responseReader()
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  const found: HttpResponse[] = []
  let start = 0
  for (const end of [...ends, bytes.length]) {
    if (end === start) continue
    const response = read(bytes.subarray(start, end))
    if (response !== null) found.push(response)
    start = end
  }
  return found
}

const head = "HTTP/1.1 200 OK\r\nX-Request-Id: abc \r\n"

test("a body with a length is read, however the bytes are cut", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat()), (body, cuts) => {
      const bytes = Buffer.concat([Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n`), body])
      const [response, ...more] = readAll(bytes, cuts)
      expect(more).toEqual([])
      expect(response?.status).toBe(200)
      expect(response?.headers.get("x-request-id")).toBe("abc")
      expect(response?.body.equals(body)).toBe(true)
    }),
  )
})

test("a chunked body is read, however it is chunked and the bytes are cut", () => {
  const chunks = fc.array(fc.oneof(fc.uint8Array({ minLength: 1 }), fc.constant(Buffer.from("\r\n0\r\n\r\n"))))
  fc.assert(
    fc.property(chunks, fc.array(fc.nat()), (parts, cuts) => {
      const encoded = parts.map((part) => Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, CRLF]))
      const bytes = Buffer.concat([Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n`), ...encoded, LAST])
      const [response, ...more] = readAll(bytes, cuts)
      expect(more).toEqual([])
      expect(response?.body.equals(Buffer.concat(parts))).toBe(true)
    }),
  )
})

test("a response without a body has an empty one, and says whether the connection ends", () => {
  expect(readAll(Buffer.from(`${head}Content-Length: 0\r\n\r\n`), [])).toMatchObject([{ last: false }])
  expect(readAll(Buffer.from(`HTTP/1.1 500 Oops\r\nConnection: close\r\n\r\n`), [])).toMatchObject([
    { status: 500, last: true },
  ])
})

const CRLF = Buffer.from("\r\n")
const LAST = Buffer.from("0\r\n\r\n")
