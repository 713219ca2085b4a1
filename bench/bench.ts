/** What a bench measured. A key that could not be measured is null and has its reason. */
export interface BenchResult {
  /** Numbers, or objects of them by workflow, strategy or budget. */
  readonly summary: Readonly<Record<string, unknown>>
  readonly reasons: Readonly<Record<string, string>>
  readonly rows: readonly unknown[]
}

export interface BenchOptions {
  /** The whole of it, however long it takes. */
  readonly full: boolean
  /** One section of a bench that has several. */
  readonly only?: string
  /** Repeats that measurement on this machine and writes a new dated data file before anything is computed. */
  readonly measure?: string
}

/** A bench: at most ten minutes without `full` and `measure`. */
export type Bench = (options: BenchOptions) => Promise<BenchResult>
