import type { LayerName } from "./enforcement/layer.ts"

/** What to do with an invocation that needs more vCPU than the busy instances leave. */
export type AdmissionMode = "queue" | "reject" | "off"

/** How a local platform's server behaves. */
export interface ServerOptions {
  /** Where it keeps functions, logs and what it made: `.trimtab`. */
  readonly stateDir: string
  /** 0 takes any free port. */
  readonly port: number
  /** Cores per vCPU. Below 1 big sizes fit small machines. */
  readonly vcpuScale: number
  /** Memory that buys one vCPU. */
  readonly mbPerVcpu: number
  readonly admission: AdmissionMode
  /** Invocations in flight before the next one is throttled. */
  readonly concurrency: number
  readonly keepAliveMs: number
  /** Whether an instance initialises at one full vCPU, as on AWS Lambda, or at its own share. */
  readonly initCpu: "full" | "share"
  /** Billed Duration includes the initialisation, as on AWS since August 2025. */
  readonly billInit: boolean
  readonly initTimeoutMs: number
  /** The server ends this long after its last client left. */
  readonly idleExitMs: number
  /** Waits before the two further tries of an asynchronous invocation. */
  readonly eventRetryMs: readonly [number, number]
  /** The one layer to use; without it each is tried from the top. */
  readonly enforcement?: LayerName
}

/** Memory that buys one vCPU on AWS Lambda. */
export const LAMBDA_MB_PER_VCPU = 1769

/** The defaults: AWS Lambda's, where it has such a number. */
export const DEFAULT_SERVER_OPTIONS: Omit<ServerOptions, "stateDir"> = {
  port: 0,
  vcpuScale: 1,
  mbPerVcpu: LAMBDA_MB_PER_VCPU,
  admission: "queue",
  concurrency: 100,
  keepAliveMs: 300_000,
  initCpu: "full",
  billInit: true,
  initTimeoutMs: 10_000,
  idleExitMs: 60_000,
  eventRetryMs: [1000, 2000],
}
