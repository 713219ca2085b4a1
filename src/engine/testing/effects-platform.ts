import { appendFileSync } from "node:fs"
import { realClock } from "../../base/clock.ts"
import type { Json } from "../../base/json.ts"
import { seedOf } from "../../base/random.ts"
import type { InvokeOutcome, InvokeRequest, Platform } from "../../platforms/platform.ts"
import type { TaskEnvelope } from "../../protocol/envelope.ts"
import type { Store } from "../../stores/store.ts"
import { noOpPlatform } from "./no-op-platform.ts"

export interface EffectsPlatformOptions {
  /** One line is appended before and after the work of every invocation. */
  readonly effectsPath: string
  /** Finished outputs, as the wrapper keeps them. */
  readonly store: Store
  /** Longest work of one invocation, ms: each key has its own share of it. */
  readonly longestMs: number
}

/**
 * A platform whose effects can be counted from outside the process. It does what the wrapper promises: a finished
 * output is kept under its key, and a repeated invocation that finds it does no work.
 */
export function effectsPlatform({ effectsPath, store, longestMs }: EffectsPlatformOptions): Platform {
  const base = noOpPlatform(realClock)
  const line = (what: "asked" | "begun" | "ended", key: string): void => appendFileSync(effectsPath, `${what} ${key}\n`)
  const work = async ({ key, outputKey, tasks = [] }: TaskEnvelope["$trimtab"], name: string): Promise<void> => {
    line("begun", key)
    await realClock.sleep((Math.abs(seedOf(key.slice(33))) % 1000) * (longestMs / 1000))
    const results: Json = tasks.map((task) => ({ [name]: task }))
    await store.putIfAbsent(outputKey, Buffer.from(JSON.stringify(results)))
    line("ended", key)
  }
  return {
    ...base,
    invoke: async (request: InvokeRequest, signal): Promise<InvokeOutcome> => {
      const envelope = (request.payload as TaskEnvelope).$trimtab // the engine sends nothing else
      line("asked", envelope.key)
      const found = envelope.repeat > 0 ? await store.head(envelope.outputKey) : null
      if (found === null) await work(envelope, request.variant.functionName)
      const results: unknown = JSON.parse(Buffer.from(await store.get(envelope.outputKey)).toString())
      const answer = await base.invoke(request, signal)
      const part = { v: 1, kind: "part", results, errors: [] }
      return answer.kind === "ok" ? { ...answer, payload: { $trimtab: part } } : answer
    },
  }
}
