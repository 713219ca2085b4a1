import type { InvocationRecord } from "../../protocol/invocation-record.ts"
import type { LogQuery } from "../platform.ts"

/** The newest records, in a ring: however long a simulation is, its log stays as long as it was told. */
export class RecordLog {
  readonly #most: number
  readonly #records: InvocationRecord[] = []
  #next = 0

  constructor(most: number) {
    this.#most = most
  }

  add(record: InvocationRecord): void {
    if (this.#most === 0) return
    if (this.#records.length < this.#most) this.#records.push(record)
    else this.#records[this.#next] = record
    this.#next = (this.#next + 1) % this.#most
  }

  /** Oldest first. */
  *matching({ functionName, sinceMs }: LogQuery): Iterable<InvocationRecord> {
    const { length } = this.#records
    const first = length < this.#most ? 0 : this.#next
    for (let i = 0; i < length; i++) {
      const record = this.#records[(first + i) % length]!
      if (functionName !== undefined && record.functionName !== functionName) continue
      if (sinceMs === undefined || record.endedAtMs >= sinceMs) yield record
    }
  }
}
