import { realClock } from "../../base/clock.ts"
import { silentLogger } from "../../base/logger.ts"
import { seededRandom } from "../../base/random.ts"
import type { Policy } from "../../optimization/policy.ts"
import { memoryStore } from "../../stores/memory-store.ts"
import { createEngine, type Engine } from "../engine.ts"
import type { Journal } from "../journal.ts"
import { fakePolicy } from "./fake-policy.ts"
import { noOpPlatform } from "./no-op-platform.ts"

/** The engine over a real journal, in real time, on a platform that answers at once: what it costs is its own. */
export function noOpEngine(
  journal: Journal,
  policy: Policy = fakePolicy({ forget: true, latencyMs: 0, mappingDelayMs: 0 }),
): Engine {
  return createEngine({
    journal,
    platform: noOpPlatform(realClock),
    store: memoryStore(),
    policyFor: () => policy,
    clock: realClock,
    random: seededRandom(1),
    logger: silentLogger,
  })
}
