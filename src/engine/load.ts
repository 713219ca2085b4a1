import { variantName, type FunctionVariant } from "../platforms/platform.ts"
import { vcpus, type PlatformLimits } from "../workflow/limits.ts"

/** What the invocations in flight take of the platform. */
export interface Load {
  began(variant: FunctionVariant): void
  ended(variant: FunctionVariant): void
  /** Invocations in flight on one variant: instances that will be warm soon. */
  of(variant: FunctionVariant): number
  /** vCPUs that are busy now. */
  readonly busyVcpus: number
}

export function loadOf(limits: PlatformLimits): Load {
  const counts = new Map<string, number>()
  let memoryMB = 0
  const add = (variant: FunctionVariant, n: number): void => {
    const name = variantName(variant)
    const left = (counts.get(name) ?? 0) + n
    if (left > 0) counts.set(name, left)
    else counts.delete(name)
    memoryMB += n * variant.memoryMB
  }
  return {
    began: (variant) => add(variant, 1),
    ended: (variant) => add(variant, -1),
    of: (variant) => counts.get(variantName(variant)) ?? 0,
    get busyVcpus() {
      return vcpus(limits, memoryMB)
    },
  }
}
