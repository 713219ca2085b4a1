import { randomUUID } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import { messageOf } from "../../base/errors.ts"
import { isObject } from "../../base/json.ts"
import { parseFunctionName } from "./function-name.ts"
import { invalid, readBody, sendError, sendJson } from "./http.ts"
import type { InvokeApi } from "./invoke-api.ts"
import type { Instance } from "./instance.ts"
import type { Invoker } from "./invoker.ts"
import { accountSettings, manageFunctions, type ManagementAnswer, type ManagementContext } from "./management-api.ts"
import { isFromBrowser } from "./peer.ts"
import type { Pool } from "./pool.ts"
import type { Presence } from "./presence.ts"
import type { ServerInfo } from "./server-info.ts"

/** What answers the requests of the one port. */
export interface Routes {
  readonly invokeApi: InvokeApi
  readonly management: ManagementContext
  readonly presence: Presence
  readonly invoker: Invoker
  readonly pool: Pool<Instance>
  readonly info: () => ServerInfo
}

/** The functions resource of the Lambda API. */
const FUNCTIONS = "/2015-03-31/functions"

/** A request, as the routes see it. */
interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly requestId: string
  readonly url: URL
}

/** Answers one request. Never rejects: what goes wrong inside is a 500, as from a service. */
export async function handleRequest(routes: Routes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const requestId = randomUUID()
  try {
    if (isFromBrowser(request.headers)) {
      const message = "the local platform does not answer browsers"
      return sendError(response, requestId, { status: 403, type: "AccessDeniedException", message })
    }
    routes.presence.seen()
    const url = new URL(request.url ?? "/", "http://127.0.0.1")
    await route(routes, { request, response, requestId, url })
  } catch (error) {
    if (response.headersSent) response.destroy()
    else sendError(response, requestId, { status: 500, type: "ServiceException", message: messageOf(error) })
  }
}

async function route(routes: Routes, exchange: Exchange): Promise<void> {
  const { request, response, requestId, url } = exchange
  const path = url.pathname.replace(/\/$/, "")
  if (path.startsWith("/trimtab/v1/")) return ownCall(routes, exchange)
  const segments = path.startsWith(FUNCTIONS) ? decoded(path.slice(FUNCTIONS.length + 1).split("/")) : null
  if (segments?.[1] === "invocations" && request.method === "POST") {
    const target = parseFunctionName(segments[0] ?? "", url.searchParams.get("Qualifier"))
    if (typeof target === "string") return sendError(response, requestId, invalid(target))
    return await routes.invokeApi.handle({ request, response, requestId, target })
  }
  const answer = await manage(routes, exchange, segments)
  if (answer === null) return noSuchOperation(exchange)
  if ("error" in answer) return sendError(response, requestId, answer.error)
  return sendJson(response, answer.status, requestId, answer.body)
}

async function manage(
  { management }: Routes,
  { request, url }: Exchange,
  segments: readonly string[] | null,
): Promise<ManagementAnswer | null> {
  if (/^\/2016-08-19\/account-settings\/?$/.test(url.pathname)) return accountSettings(management)
  if (segments === null) return null
  const body = await jsonBody(request)
  if (body === null)
    return { error: { status: 400, type: "InvalidRequestContentException", message: "the body is not a JSON object" } }
  return await manageFunctions(management, {
    method: request.method ?? "GET",
    path: segments,
    query: url.searchParams,
    body,
  })
}

/** Null when an escape in them makes no sense: there is no such resource. */
function decoded(segments: readonly string[]): string[] | null {
  try {
    return segments.map(decodeURIComponent)
  } catch {
    return null
  }
}

/** What the Lambda API has no call for: who is there, what is warm, how it is enforced. */
function ownCall(routes: Routes, exchange: Exchange): void {
  const { request, response, requestId, url } = exchange
  switch (`${request.method} ${url.pathname}`) {
    case "GET /trimtab/v1/presence":
      return routes.presence.hold(response)
    case "GET /trimtab/v1/status":
      return sendJson(response, 200, requestId, {
        ...routes.info(),
        inFlight: routes.invoker.inFlight,
        instances: routes.pool.size,
        clients: routes.presence.count,
      })
    case "GET /trimtab/v1/warm":
      return sendJson(response, 200, requestId, { idle: routes.pool.idleCounts() })
    case "POST /trimtab/v1/stop":
      sendJson(response, 202, requestId, {})
      return routes.presence.abandon()
    default:
      return noSuchOperation(exchange)
  }
}

function noSuchOperation({ response, requestId }: Exchange): void {
  sendError(response, requestId, { status: 404, type: "UnknownOperationException", message: "no such operation" })
}

/** Largest body of a management request. */
const MANAGEMENT_BYTES = 1024 * 1024

/** An empty object for no body; null for one that is not a JSON object, or too large. */
async function jsonBody(request: IncomingMessage): Promise<Record<string, unknown> | null> {
  const body = await readBody(request, MANAGEMENT_BYTES)
  if ("tooLarge" in body) return null
  if (body.bytes.byteLength === 0) return {}
  try {
    const value: unknown = JSON.parse(Buffer.from(body.bytes).toString("utf8"))
    return isObject(value) ? value : null
  } catch {
    return null
  }
}
