import type { Distribution } from "../../statistics/distribution.ts"
import type { PlatformLimits } from "../../workflow/limits.ts"

/** Where figures come from: a measurement of public data (fitted), or a published figure (cited). */
export interface ParameterSource {
  readonly what: string
  readonly kind: "fitted" | "cited" | "assumed"
  readonly url?: string
  readonly commit?: string
  readonly licence?: string
}

/** Points of a piecewise linear law, ascending in the first number; constant outside. */
export type Curve = readonly (readonly [x: number, y: number])[]

/** How functions are packed: containers of archives, or container images. */
export type PackageKind = "zip" | "image"

/** What a simulated platform is made of. Plain data: a preset is a dated file of it. */
export interface PlatformParameters {
  readonly name: string
  /** Day on which the file was made. */
  readonly date: string
  readonly sources: Readonly<Record<string, ParameterSource>>
  readonly limits: PlatformLimits
  readonly start: StartParameters
  readonly keepAlive: KeepAliveParameters
  readonly cpu: CpuParameters
  readonly noise: NoiseParameters
  /** Bandwidth of one instance over its memory, MB/s. */
  readonly bandwidthMBps: Curve
  readonly store: { readonly read: StoreParameters; readonly write: StoreParameters }
  /** Machines that hold all instances, idle ones too; absent where nobody sees them (AWS Lambda). */
  readonly cluster?: ClusterParameters
  /** What becomes of a request that finds no room. */
  readonly onFull: "throttle" | "queue"
}

export interface StartParameters {
  /** Way of a request to an instance that is warm, ms. */
  readonly dispatch: Distribution
  /** Way of the answer, ms. */
  readonly answer: Distribution
  /** From the request to the beginning of init where no instance is warm, beyond `dispatch`, ms. */
  readonly placement: Distribution
  /** Cold starts that are slow: their share, and how much longer placement then takes, ms. */
  readonly slow: { readonly share: number; readonly extra: Distribution }
  /** Init of a function that loads nothing of its own, by runtime, ms. Memory does not change it. */
  readonly init: Readonly<Record<string, Readonly<Record<PackageKind, Distribution>>>>
  /** What each MB of a package adds to placement, ms. */
  readonly msPerPackageMB: Readonly<Record<PackageKind, number>>
  /** Init runs on a whole vCPU, or on the share of the size. */
  readonly initCpu: "full" | "share"
  /** An orchestrator starts the instances of a step one after the other: extra ms by rank from 0. */
  readonly byRank?: Curve
  /** An orchestrator hands input over: extra ms by bytes of input. */
  readonly byBytes?: Curve
}

export interface KeepAliveParameters {
  /** Share of instances that are still warm after so long idle: falls from 1 to 0. */
  readonly warmAfterMs: Curve
  /** What a waiting instance costs for its memory; 0 where absent: only work is billed. */
  readonly idleUsdPerGbSecond?: number | undefined
}

export interface CpuParameters {
  /** Period of the CPU quota, and how often the account is looked at, ms. */
  readonly periodMs: number
  readonly tickMs: number
  /** Work begins in this first share of a period: a quota that idled begins its period with the work. */
  readonly startSpread: number
  /** Work of more CPU time than this many periods follows the smooth law. */
  readonly shortPeriods: number
}

/** How times spread, as standard deviations of ln t. */
export interface NoiseParameters {
  readonly invocationSd: number
  /** Between instances, for the life of each: other machines, other neighbours. */
  readonly instanceSd: number
  /** Slow drift of the whole platform, and the time in which it changes. */
  readonly driftSd: number
  readonly driftMs: number
  /** Invocations that something disturbs: their share, and the factor on their time. */
  readonly disturbed: { readonly share: number; readonly factor: Distribution }
}

export interface StoreParameters {
  /** Until the first byte of one object, ms. */
  readonly firstByte: Distribution
  /** Objects in flight at once. */
  readonly parallel: number
  /** Factor on the time of the bytes, median 1: a long tail. */
  readonly spread: Distribution
}

export interface ClusterParameters {
  readonly workers: number
  /** Of each worker. */
  readonly memoryMB: number
}
