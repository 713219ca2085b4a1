import type { Platform } from "../../platform.ts"
import type { SimulatedPlatform } from "../simulated-platform.ts"

/** A simulated platform for callers that do not know of virtual time: whatever they wait for, the clock plays on. */
export function drivenPlatform(platform: SimulatedPlatform): Platform {
  const { clock } = platform
  return {
    name: platform.name,
    limits: platform.limits,
    pricing: platform.pricing,
    clock: {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      after: (ms, fn) => clock.after(ms, fn),
      sleep: (ms, signal) => clock.run(clock.sleep(ms, signal)),
    },
    meters: (record) => platform.meters(record),
    deploy: (pkg, sizes, options) => platform.deploy(pkg, sizes, options),
    invoke: (request, signal) => clock.run(platform.invoke(request, signal)),
    prewarm: (variant, instances, signal) => clock.run(platform.prewarm(variant, instances, signal)),
    logs: (query) => platform.logs(query),
    teardown: (scope) => platform.teardown(scope),
    warmInstances: (signal) => platform.warmInstances(signal),
    close: () => platform.close(),
  }
}
