import type { Json } from "../../../src/base/json.ts"
import type { OperationProfile } from "../../../src/estimation/operation-profile.ts"

/** Functions with their operations and how long they took at several sizes: what models of unmeasured functions learn. */
export interface FunctionSetData {
  readonly origin: Readonly<Record<string, Json>>
  readonly platform: {
    readonly periodMs: number
    readonly mbPerVcpu: number
    readonly vcpuScale: number
    readonly enforcement: string
    readonly cores: number
  }
  readonly measuredAt: string
  readonly memoryMB: readonly number[]
  readonly functions: readonly MeasuredFunctionData[]
}

export interface MeasuredFunctionData {
  readonly id: string
  /** What it is made of: the generator's spec, or its name. */
  readonly modules: unknown
  readonly operations: OperationProfile
  /** Sizes at which it ran. `warmMs`: durations of single warm invocations, in time order, not rounded up. */
  readonly cells: readonly { readonly memoryMB: number; readonly warmMs: readonly number[] }[]
}

/** One line a function. */
export function formatFunctionSet({ functions, ...head }: FunctionSetData): string {
  const fields = Object.entries(head).map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`)
  const lines = functions.map((entry) => `    ${JSON.stringify(entry)}`)
  return `{\n${fields.join(",\n")},\n  "functions": [\n${lines.join(",\n")}\n  ]\n}\n`
}
