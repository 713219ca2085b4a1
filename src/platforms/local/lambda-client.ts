import { Agent } from "node:http"
import type * as LambdaSdk from "@aws-sdk/client-lambda"
import { TrimtabError } from "../../base/errors.ts"

/** The AWS SDK, loaded, and a client of the server. */
export interface LambdaCalls {
  readonly sdk: typeof LambdaSdk
  readonly client: LambdaSdk.LambdaClient
  close(): void
}

/** Sockets to the server: more than any run invokes at once. */
const MAX_SOCKETS = 2048

const CONNECT_TIMEOUT_MS = 5000

/** Deadline of calls that do not say their own. */
const MANAGEMENT_TIMEOUT_MS = 30_000

/** A client for one port of this machine. It never retries: that is the engine's (P1). Throws `missing-package`. */
export async function loadLambdaClient(port: number): Promise<LambdaCalls> {
  const sdk = await import("@aws-sdk/client-lambda").catch((cause: unknown) => {
    throw new TrimtabError("missing-package", "@aws-sdk/client-lambda is not installed", {
      fix: "npm install @aws-sdk/client-lambda",
      cause,
    })
  })
  const httpAgent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS })
  const client = new sdk.LambdaClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: "local",
    // The server asks for none; the SDK does.
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
    requestHandler: {
      httpAgent,
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: MANAGEMENT_TIMEOUT_MS,
      // Without it the SDK only warns; and a connection may be silent for as long as a function works.
      throwOnRequestTimeout: true,
      socketTimeout: 0,
    },
  })
  return {
    sdk,
    client,
    close: () => {
      client.destroy()
      httpAgent.destroy()
    },
  }
}
