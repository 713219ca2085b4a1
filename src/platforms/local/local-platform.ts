import { TrimtabError, messageOf } from "../../base/errors.ts"
import { realClock } from "../../base/clock.ts"
import { isObject } from "../../base/json.ts"
import type { InvocationRecord } from "../../protocol/invocation-record.ts"
import type { Meters, Pricing } from "../../pricing/pricing.ts"
import type { PlatformLimits } from "../../workflow/limits.ts"
import type {
  DeployOptions,
  FunctionPackage,
  FunctionVariant,
  IdleInstances,
  InvokeOutcome,
  InvokeRequest,
  LogQuery,
  Platform,
  PrewarmOutcome,
  TeardownReport,
  TeardownScope,
} from "../platform.ts"
import { connect, type Connection } from "./connection.ts"
import { deployFunction, teardownFunctions, type DeployContext } from "./deploy.ts"
import { ASYNC_PAYLOAD_BYTES } from "./invoke-api.ts"
import { invokeVariant } from "./invoke.ts"
import { loadLambdaClient, type LambdaCalls } from "./lambda-client.ts"
import { readLogs } from "./read-logs.ts"
import { DEFAULT_SERVER_OPTIONS, type ServerOptions } from "./options.ts"
import { prewarmVariant } from "./prewarm.ts"
import { SYNC_PAYLOAD_BYTES } from "./runtime-api.ts"
import { statePaths, type ServerInfo } from "./server-info.ts"

export interface LocalPlatformOptions extends Partial<Omit<ServerOptions, "stateDir">> {
  readonly stateDir: string
  readonly pricing: Pricing
  /** What one invocation is billed for, as on AWS Lambda. */
  readonly meters: (invocation: { readonly memoryMB: number; readonly billedMs: number }) => Meters
}

/** The Platform, and how it enforces. */
export interface LocalPlatform extends Platform {
  readonly info: ServerInfo
}

/**
 * Finds or starts the local platform of a state folder and speaks to it as to AWS Lambda, through
 * `@aws-sdk/client-lambda`. Throws `platform-unavailable`, `port-in-use`, `missing-package`.
 */
export async function connectLocalPlatform(options: LocalPlatformOptions): Promise<LocalPlatform> {
  const { pricing: _, meters: __, ...rest } = options
  const server: ServerOptions = { ...DEFAULT_SERVER_OPTIONS, ...rest }
  const connection = await connect(server)
  const lambda = await loadLambdaClient(connection.info.port)
  return new ConnectedPlatform(options, connection, lambda)
}

class ConnectedPlatform implements LocalPlatform {
  readonly name = "local"
  readonly clock = realClock
  readonly limits: PlatformLimits
  readonly pricing: Pricing
  readonly info: ServerInfo
  readonly idle: IdleInstances
  readonly #options: LocalPlatformOptions
  readonly #connection: Connection
  readonly #lambda: LambdaCalls
  /** Function timeouts as deployed: the deadline of a prewarm. */
  readonly #timeouts = new Map<string, number>()

  constructor(options: LocalPlatformOptions, connection: Connection, lambda: LambdaCalls) {
    this.#options = options
    this.#connection = connection
    this.#lambda = lambda
    this.info = connection.info
    this.pricing = options.pricing
    this.limits = limitsOf(connection.info)
    const { keepAliveMs = DEFAULT_SERVER_OPTIONS.keepAliveMs } = options
    this.idle = { usdPerGbSecond: 0, warmAfter: (ms) => (ms < keepAliveMs ? 1 : 0) }
  }

  meters(record: InvocationRecord): Meters {
    return this.#options.meters({ memoryMB: record.memoryMB, billedMs: record.billedMs })
  }

  async deploy(
    pkg: FunctionPackage,
    memorySizesMB: readonly number[],
    options: DeployOptions,
  ): Promise<readonly FunctionVariant[]> {
    this.#timeouts.set(pkg.functionName, options.timeoutMs)
    return await refusable(() => deployFunction(this.#deployContext(), { pkg, memorySizesMB, options }))
  }

  async invoke(request: InvokeRequest, signal: AbortSignal): Promise<InvokeOutcome> {
    return await invokeVariant(this.#lambda, request, signal)
  }

  async prewarm(variant: FunctionVariant, instances: number, signal: AbortSignal): Promise<PrewarmOutcome> {
    const timeoutMs = this.#timeouts.get(variant.functionName) ?? this.limits.timeoutMs
    return await prewarmVariant({ lambda: this.#lambda, variant, instances, timeoutMs }, signal)
  }

  logs(query: LogQuery): AsyncIterable<InvocationRecord> {
    return readLogs(statePaths(this.#options.stateDir).logs, query)
  }

  async teardown(scope: TeardownScope): Promise<TeardownReport> {
    return await refusable(() => teardownFunctions(this.#deployContext(), scope))
  }

  async warmInstances(signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const answer = await this.#connection.get("warm", signal).catch(() => null)
    const warm = new Map<string, number>()
    const idle = isObject(answer) && Array.isArray(answer["idle"]) ? answer["idle"] : []
    for (const entry of idle) {
      if (!isObject(entry)) continue
      const { functionName, memoryMB, count } = entry
      if (typeof functionName !== "string" || typeof memoryMB !== "number" || typeof count !== "number") continue
      const key = `${functionName}:${memoryMB}MB`
      warm.set(key, (warm.get(key) ?? 0) + count)
    }
    return warm
  }

  async close(): Promise<void> {
    this.#lambda.close()
    this.#connection.close()
  }

  #deployContext(): DeployContext {
    return { lambda: this.#lambda, deploymentsFile: statePaths(this.#options.stateDir).deployments }
  }
}

/** One publish on the local platform: three calls of some milliseconds. */
const PUBLISH_MS = 10

function limitsOf(info: ServerInfo): PlatformLimits {
  return {
    memoryMB: { min: 128, max: 10_240, step: 1 },
    mbPerVcpu: info.mbPerVcpu,
    vcpuTotal: info.admission === "off" ? null : info.vcpuTotal,
    timeoutMs: 900_000,
    payloadBytes: { sync: SYNC_PAYLOAD_BYTES, async: ASYNC_PAYLOAD_BYTES },
    concurrency: { account: info.concurrency, keepFree: 0 },
    startsPer10s: null,
    initTimeoutMs: info.initTimeoutMs,
    publishMsPerVariant: PUBLISH_MS,
  }
}

/** Calls that a command cannot go on without: what the platform refuses ends it. */
async function refusable<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof TrimtabError) throw error
    throw new TrimtabError("platform-refused", `the local platform refused: ${messageOf(error)}`, { cause: error })
  }
}
