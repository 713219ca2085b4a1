/** Cuts a list into contiguous pieces, in order, whose sizes differ by at most one: min(pieces, length) of them. */
export function cut<T>(items: readonly T[], pieces: number): readonly (readonly T[])[] {
  const count = Math.min(pieces, items.length)
  return Array.from({ length: count }, (_, i) =>
    items.slice(Math.floor((i * items.length) / count), Math.floor(((i + 1) * items.length) / count)),
  )
}
