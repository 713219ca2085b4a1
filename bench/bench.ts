/** What a bench measured. A key that could not be measured is null and has its reason. */
export interface BenchResult {
  readonly summary: Readonly<Record<string, number | boolean | null>>
  readonly reasons: Readonly<Record<string, string>>
  readonly rows: readonly unknown[]
}

/** A bench: at most ten minutes, or the whole of it with `full`. */
export type Bench = (options: { readonly full: boolean }) => Promise<BenchResult>
