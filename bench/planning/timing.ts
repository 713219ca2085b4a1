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

/** The least of several times, and the first: on a shared machine one alone may hold a turn of another process. */
export function timedLeast<T>(
  run: () => T,
  repeats: number,
): { readonly result: T; readonly ms: number; readonly firstMs: number } {
  const { result, ms: firstMs } = timed(run)
  let ms = firstMs
  for (let repeat = 1; repeat < repeats; repeat++) ms = Math.min(ms, timed(run).ms)
  return { result, ms, firstMs }
}
