/** An HTTP/1.1 response, whole. */
export interface HttpResponse {
  readonly status: number
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
  /** The server closes the connection after it. */
  readonly last: boolean
}

const HEAD_END = Buffer.from("\r\n\r\n")

/**
 * Reads responses from the bytes of one connection: call with each chunk; the response comes with the chunk that ends
 * it. One response at a time, as an answer to one request. Bodies by content-length or chunked, no trailers.
 */
export function responseReader(): (chunk: Buffer) => HttpResponse | null {
  let chunks: Buffer[] = []
  let size = 0
  let head: Head | null = null

  return (chunk) => {
    chunks.push(chunk)
    size += chunk.length
    if (head === null) {
      const bytes = Buffer.concat(chunks)
      chunks = [bytes]
      head = readHead(bytes)
      if (head === null) return null
    }
    // Without this a large body would be joined again with each chunk.
    if (head.length !== null && size < head.end + head.length) return null
    if (head.length === null && !endsChunked(chunks)) return null
    const rest = Buffer.concat(chunks).subarray(head.end)
    const body = head.length === null ? unchunk(rest) : rest.subarray(0, head.length)
    if (body === null) return null
    const { status, headers } = head
    chunks = []
    size = 0
    head = null
    return { status, headers, body, last: headers.get("connection")?.toLowerCase() === "close" }
  }
}

interface Head {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  /** Where the body begins. */
  readonly end: number
  /** Null for a chunked body. */
  readonly length: number | null
}

function readHead(bytes: Buffer): Head | null {
  const at = bytes.indexOf(HEAD_END)
  if (at < 0) return null
  const [first = "", ...lines] = bytes.toString("latin1", 0, at).split("\r\n")
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(":")
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
  }
  const chunked = headers.get("transfer-encoding")?.toLowerCase() === "chunked"
  return {
    status: Number(first.split(" ")[1]),
    headers,
    end: at + HEAD_END.length,
    length: chunked ? null : Number(headers.get("content-length") ?? 0),
  }
}

/** A chunked body ends in `0\r\n\r\n`; data may look the same, so this only spares tries. */
function endsChunked(chunks: readonly Buffer[]): boolean {
  const tail = chunks.at(-1)!.length >= 5 ? chunks.at(-1)! : Buffer.concat(chunks)
  return tail.subarray(-5).equals(CHUNKED_END)
}

const CHUNKED_END = Buffer.from("0\r\n\r\n")

function unchunk(bytes: Buffer): Buffer | null {
  const parts: Buffer[] = []
  let at = 0
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n", at)
    if (lineEnd < 0) return null
    const length = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16)
    if (length === 0) return Buffer.concat(parts)
    const start = lineEnd + 2
    if (start + length + 2 > bytes.length) return null
    parts.push(bytes.subarray(start, start + length))
    at = start + length + 2
  }
}
