/** Three significant digits. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3))
}

/** What `run` gives, with the time that it took, ms. */
export function timed<T>(run: () => T): { readonly result: T; readonly ms: number } {
  const startMs = performance.now()
  const result = run()
  return { result, ms: performance.now() - startMs }
}
