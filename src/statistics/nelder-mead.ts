export interface NelderMeadOptions {
  /** Size of the first simplex along each coordinate. */
  readonly steps: readonly number[]
  /** Moves of the simplex at most, each of one or two evaluations; default 400. */
  readonly iterations?: number
  /** Stop when the values over the simplex differ by less; default 1e-9. */
  readonly tolerance?: number
}

interface Vertex {
  readonly at: readonly number[]
  readonly value: number
}

/**
 * A local minimum without derivatives (Nelder and Mead 1965), for a handful of parameters. `f` may give Infinity
 * outside its domain, but not at the start. Returns the best point seen.
 */
export function nelderMead(
  f: (at: readonly number[]) => number,
  start: readonly number[],
  options: NelderMeadOptions,
): { readonly at: readonly number[]; readonly value: number } {
  const vertex = (at: readonly number[]): Vertex => {
    const value = f(at)
    return { at, value: Number.isNaN(value) ? Infinity : value }
  }
  let simplex = [
    vertex(start),
    ...start.map((_, i) => vertex(start.map((x, j) => (i === j ? x + options.steps[j]! : x)))),
  ]
  simplex.sort(byValue)
  const { iterations = 400, tolerance = 1e-9 } = options
  for (let i = 0; i < iterations && simplex.at(-1)!.value - simplex[0]!.value > tolerance; i++) {
    simplex = step(simplex, vertex).sort(byValue)
  }
  return simplex[0]!
}

const byValue = (a: Vertex, b: Vertex): number => a.value - b.value

/** Reflects the worst vertex at the others' centre, and expands, contracts or shrinks as that turns out. */
function step(simplex: readonly Vertex[], vertex: (at: readonly number[]) => Vertex): Vertex[] {
  const others = simplex.slice(0, -1)
  const worst = simplex.at(-1)!
  const centre = worst.at.map((_, i) => others.reduce((sum, { at }) => sum + at[i]!, 0) / others.length)
  const away = (factor: number): Vertex => vertex(centre.map((x, i) => x + factor * (x - worst.at[i]!)))
  const reflected = away(1)
  if (reflected.value < others[0]!.value) {
    const expanded = away(2)
    return [...others, expanded.value < reflected.value ? expanded : reflected]
  }
  if (reflected.value < others.at(-1)!.value) return [...others, reflected]
  const contracted = away(reflected.value < worst.value ? 0.5 : -0.5)
  if (contracted.value < Math.min(reflected.value, worst.value)) return [...others, contracted]
  const best = simplex[0]!
  return [best, ...simplex.slice(1).map(({ at }) => vertex(at.map((x, i) => (x + best.at[i]!) / 2)))]
}
