/** Transfers under way at once, each way. */
export const TRANSFERS_AT_ONCE = 8

/** Runs `work` on every item, `TRANSFERS_AT_ONCE` at a time. `work` must not throw. */
export async function inParallel<T>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++
      await work(items[index]!, index)
    }
  }
  await Promise.all(Array.from({ length: Math.min(TRANSFERS_AT_ONCE, items.length) }, lane))
}
