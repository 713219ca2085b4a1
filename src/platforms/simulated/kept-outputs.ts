import type { KeptOutput } from "./answer.ts"

/** Outputs that are remembered; older ones are forgotten. */
const MOST = 100_000

/** Finished outputs by idempotency key, as a wrapper keeps them in its store. */
export class KeptOutputs {
  readonly #outputs = new Map<string, KeptOutput>()

  /** The first output of a key wins, as with `putIfAbsent`; one with failed tasks is none. */
  keep(key: string, output: KeptOutput): void {
    if (output.errors.length > 0 || this.#outputs.has(key)) return
    if (this.#outputs.size >= MOST) this.#outputs.delete(this.#outputs.keys().next().value ?? "")
    this.#outputs.set(key, output)
  }

  get(key: string): KeptOutput | undefined {
    return this.#outputs.get(key)
  }
}
