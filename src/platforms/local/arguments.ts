import { TrimtabError } from "../../base/errors.ts"
import { LAYER_NAMES, type LayerName } from "./enforcement/layer.ts"
import { DEFAULT_SERVER_OPTIONS, type AdmissionMode, type ServerOptions } from "./options.ts"

/** The flags of the server's process, for `parseArgs`. */
export const SERVER_FLAGS = {
  root: { type: "string" },
  port: { type: "string" },
  scale: { type: "string" },
  "mb-per-vcpu": { type: "string" },
  admission: { type: "string" },
  concurrency: { type: "string" },
  "keep-alive-ms": { type: "string" },
  "init-cpu": { type: "string" },
  "init-timeout-ms": { type: "string" },
  "idle-exit-ms": { type: "string" },
  "exclude-init": { type: "boolean" },
  enforcement: { type: "string" },
} as const

type Values = { readonly [K in keyof typeof SERVER_FLAGS]?: string | boolean }

/** Reads the flags. Throws `usage` for one that makes no sense. */
export function serverOptionsOf(values: Values): ServerOptions {
  const defaults = DEFAULT_SERVER_OPTIONS
  if (typeof values.root !== "string") throw usage("root", "the state folder")
  const enforcement = oneOf("enforcement", values.enforcement, LAYER_NAMES)
  return {
    ...defaults,
    stateDir: values.root,
    port: number("port", values.port, 0) ?? defaults.port,
    vcpuScale: number("scale", values.scale, 0.01) ?? defaults.vcpuScale,
    mbPerVcpu: number("mb-per-vcpu", values["mb-per-vcpu"], 1) ?? defaults.mbPerVcpu,
    admission: oneOf<AdmissionMode>("admission", values.admission, ["queue", "reject", "off"]) ?? defaults.admission,
    concurrency: number("concurrency", values.concurrency, 1) ?? defaults.concurrency,
    keepAliveMs: number("keep-alive-ms", values["keep-alive-ms"], 0) ?? defaults.keepAliveMs,
    initCpu: oneOf("init-cpu", values["init-cpu"], ["full", "share"] as const) ?? defaults.initCpu,
    initTimeoutMs: number("init-timeout-ms", values["init-timeout-ms"], 1) ?? defaults.initTimeoutMs,
    idleExitMs: number("idle-exit-ms", values["idle-exit-ms"], 1) ?? defaults.idleExitMs,
    billInit: values["exclude-init"] !== true,
    ...(enforcement !== undefined && { enforcement }),
  }
}

/** The flags that say the same as these options; the inverse of `serverOptionsOf`. */
export function serverArguments(options: ServerOptions): string[] {
  const enforcement: LayerName | undefined = options.enforcement
  return [
    `--root=${options.stateDir}`,
    `--port=${options.port}`,
    `--scale=${options.vcpuScale}`,
    `--mb-per-vcpu=${options.mbPerVcpu}`,
    `--admission=${options.admission}`,
    `--concurrency=${options.concurrency}`,
    `--keep-alive-ms=${options.keepAliveMs}`,
    `--init-cpu=${options.initCpu}`,
    `--init-timeout-ms=${options.initTimeoutMs}`,
    `--idle-exit-ms=${options.idleExitMs}`,
    ...(options.billInit ? [] : ["--exclude-init"]),
    ...(enforcement === undefined ? [] : [`--enforcement=${enforcement}`]),
  ]
}

function number(flag: string, value: string | boolean | undefined, min: number): number | undefined {
  if (value === undefined) return undefined
  const parsed = Number(value)
  if (typeof value !== "string" || value === "" || !(parsed >= min) || !Number.isFinite(parsed))
    throw usage(flag, `a number of at least ${min}`)
  return parsed
}

function oneOf<T extends string>(
  flag: string,
  value: string | boolean | undefined,
  allowed: readonly T[],
): T | undefined {
  if (value === undefined) return undefined
  const found = allowed.find((candidate) => candidate === value)
  if (found === undefined) throw usage(flag, `one of ${allowed.join(", ")}`)
  return found
}

function usage(flag: string, wanted: string): TrimtabError {
  return new TrimtabError("usage", `--${flag} takes ${wanted}`)
}
