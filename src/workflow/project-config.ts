import type { Workflow } from "./workflow.ts"

/** What a project tells Trimtab, in `trimtab.config.{ts,mts,js,mjs,json,yaml,yml}`. */
export interface TrimtabConfig {
  /** The workflow itself, or the file of its spec, relative to the config. */
  readonly workflow: Workflow | string
  /** The input of a run: any JSON, or the file that holds it. `{ "$file": path }` in it becomes a file in the store. */
  readonly input?: unknown
  /** Where journal, profiles, store and reports are kept; default `.trimtab` beside the config. */
  readonly stateDir?: string
  readonly platform?: PlatformConfig
}

/** The local platform is the only one so far. */
export interface PlatformConfig {
  readonly kind: "local"
  /** Cores of one vCPU. Below 1 big sizes fit small machines; default 1. */
  readonly vcpuScale?: number
  /** Port of the platform's server; default: any free one. */
  readonly port?: number
  /** The layer that enforces CPU and memory; default: the first that passes its test. */
  readonly enforcement?: string
}

/** Types a config: `export default defineConfig({ ... })`. */
export function defineConfig(config: TrimtabConfig): TrimtabConfig {
  return config
}
