import type { IncomingMessage, ServerResponse } from "node:http"

/** A request's body, or how much of it came before it passed the limit. */
export type Body = { readonly bytes: Uint8Array } | { readonly tooLarge: number }

/** Reads a body of at most `limit` bytes; the rest of a larger one is read and dropped, so that the answer arrives. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Body> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    // A request without encoding yields buffers.
    const bytes = chunk as Buffer
    size += bytes.byteLength
    if (size <= limit) chunks.push(bytes)
    else chunks.length = 0
  }
  return size > limit ? { tooLarge: size } : { bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks) }
}

/** An error as the AWS SDK reads it: status, `x-amzn-errortype`, and a body with message and more. */
export interface AwsError {
  readonly status: number
  readonly type: string
  readonly message: string
  /** ThrottleReason of a 429. */
  readonly reason?: string
  readonly retryAfterS?: number
}

export function sendError(response: ServerResponse, requestId: string, error: AwsError): void {
  const fault = error.status < 500 ? "User" : "Server"
  const body = JSON.stringify({ Type: fault, message: error.message, Message: error.message, Reason: error.reason })
  response.writeHead(error.status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "x-amzn-errortype": error.type,
    "x-amzn-requestid": requestId,
    ...(error.retryAfterS !== undefined && { "retry-after": String(error.retryAfterS) }),
  })
  response.end(body)
}

export function sendJson(response: ServerResponse, status: number, requestId: string, value: unknown): void {
  const body = value === undefined ? "" : JSON.stringify(value)
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "x-amzn-requestid": requestId,
  })
  response.end(body)
}

export function notFound(arn: string): AwsError {
  return { status: 404, type: "ResourceNotFoundException", message: `Function not found: ${arn}` }
}

export function invalid(message: string): AwsError {
  return { status: 400, type: "InvalidParameterValueException", message }
}
