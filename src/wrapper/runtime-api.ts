import type { Invocation } from "./instance.ts"
import { httpConnection } from "./http-connection.ts"
import { lambdaContextOf } from "./lambda-context.ts"
import { failureOf } from "./failure.ts"
import type { HttpResponse } from "./http-response.ts"

/** An invocation, with its payload as it came. */
export interface NextInvocation extends Invocation {
  readonly body: string
}

/** The Runtime API of AWS Lambda, which the local platform speaks as well. Every call throws when the server is gone. */
export interface RuntimeApi {
  /** Waits for work, as long as it takes. */
  next(): Promise<NextInvocation>
  respond(requestId: string, json: string): Promise<void>
  fail(requestId: string, error: unknown): Promise<void>
  failInit(error: unknown): Promise<void>
}

const BASE = "/2018-06-01/runtime"

/** The API at `address`, the `host:port` of AWS_LAMBDA_RUNTIME_API. */
export function runtimeApi(address: string): RuntimeApi {
  const request = httpConnection(address)
  const post = async (path: string, body: string, headers: Record<string, string> = {}): Promise<void> => {
    const response = await request({
      method: "POST",
      path: `${BASE}/${path}`,
      headers: { "content-type": "application/json", ...headers },
      body,
    })
    // 4xx concerns this invocation alone: it has ended already, or its answer is too large. The next may go well.
    if (response.status >= 500) throw new Error(`the Runtime API answered ${response.status} to ${path}`)
  }
  const report = async (path: string, error: unknown): Promise<void> => {
    const { errorType, message } = failureOf(error)
    const stackTrace =
      error instanceof Error
        ? (error.stack ?? "")
            .split("\n")
            .slice(1, 20)
            .map((line) => line.trim())
        : []
    const body = JSON.stringify({ errorType, errorMessage: message, stackTrace })
    // A header holds no line breaks and no Unicode.
    await post(path, body, { "lambda-runtime-function-error-type": errorType.replaceAll(/[^\x21-\x7e]/g, "_") })
  }
  return {
    next: async () => invocationOf(await request({ method: "GET", path: `${BASE}/invocation/next` })),
    respond: async (requestId, json) => await post(`invocation/${requestId}/response`, json),
    fail: async (requestId, error) => await report(`invocation/${requestId}/error`, error),
    failInit: async (error) => await report("init/error", error),
  }
}

function invocationOf({ status, headers, body }: HttpResponse): NextInvocation {
  if (status !== 200) throw new Error(`the Runtime API answered ${status} to invocation/next`)
  const traceId = headers.get("lambda-runtime-trace-id")
  // Where the AWS SDK looks for it.
  if (traceId !== undefined) process.env["_X_AMZN_TRACE_ID"] = traceId
  const deadlineMs = Number(headers.get("lambda-runtime-deadline-ms") ?? Number.POSITIVE_INFINITY)
  return {
    requestId: headers.get("lambda-runtime-aws-request-id") ?? "",
    deadlineMs,
    lambdaContext: lambdaContextOf(headers, deadlineMs),
    body: body.toString(),
  }
}
