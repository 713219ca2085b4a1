/** The samples of a delay that the next fit uses, and whether it is due. A value: each operation gives a new one. */
export interface DelayWindow<T> {
  readonly policy: WindowPolicy
  /** The latest samples, oldest first. */
  readonly latest: readonly T[]
  /** The latest samples of each configuration among those that left the window, oldest first. */
  readonly reservoir: ReadonlyMap<string, readonly T[]>
  /** Samples added since the last fit. */
  readonly sinceFit: number
}

export interface WindowPolicy {
  /** Samples in the window: 200, up to 1,000 for stores whose times change slowly. */
  readonly latest: number
  /** A refit is due after so many new samples. */
  readonly refitEvery: number
  /** Samples kept of each configuration that the window would forget. */
  readonly perConfiguration: number
  /** Configurations in the reservoir; the one unseen for longest goes first. */
  readonly configurations: number
}

export const WINDOW_POLICY: WindowPolicy = { latest: 200, refitEvery: 20, perConfiguration: 5, configurations: 100 }

export function emptyWindow<T>(policy: Partial<WindowPolicy> = {}): DelayWindow<T> {
  return { policy: { ...WINDOW_POLICY, ...policy }, latest: [], reservoir: new Map(), sinceFit: 0 }
}

/** The window with samples added in the order of `samples`; `keyOf` names a sample's configuration. */
export function addSamples<T>(
  window: DelayWindow<T>,
  samples: readonly T[],
  keyOf: (sample: T) => string,
): DelayWindow<T> {
  const { policy } = window
  const all = [...window.latest, ...samples]
  const cut = Math.max(0, all.length - policy.latest)
  const reservoir = new Map(window.reservoir)
  for (const sample of all.slice(0, cut)) {
    const key = keyOf(sample)
    const kept = [...(reservoir.get(key) ?? []), sample].slice(-policy.perConfiguration)
    // Set anew, so that the order of the map is that of last use.
    reservoir.delete(key)
    reservoir.set(key, kept)
    if (reservoir.size > policy.configurations) reservoir.delete(reservoir.keys().next().value ?? key)
  }
  return { policy, latest: all.slice(cut), reservoir, sinceFit: window.sinceFit + samples.length }
}

/** True after `refitEvery` new samples. */
export function isRefitDue<T>(window: DelayWindow<T>): boolean {
  return window.sinceFit >= window.policy.refitEvery
}

/** The window once a model was fitted on `rowsOf` it. */
export function afterFit<T>(window: DelayWindow<T>): DelayWindow<T> {
  return { ...window, sinceFit: 0 }
}

/** Samples to fit: those of the window, and before them what fills rare configurations up to `perConfiguration`. */
export function rowsOf<T>(window: DelayWindow<T>, keyOf: (sample: T) => string): readonly T[] {
  const counts = new Map<string, number>()
  for (const sample of window.latest) counts.set(keyOf(sample), (counts.get(keyOf(sample)) ?? 0) + 1)
  const rare = [...window.reservoir].flatMap(([key, kept]) => {
    const wanted = window.policy.perConfiguration - (counts.get(key) ?? 0)
    return wanted > 0 ? kept.slice(-wanted) : []
  })
  return [...rare, ...window.latest]
}

/** The rows that a window fed with all of `samples`, oldest first, would fit. */
export function latestRows<T>(
  samples: readonly T[],
  keyOf: (sample: T) => string,
  policy: Partial<WindowPolicy> = {},
): readonly T[] {
  return rowsOf(addSamples(emptyWindow<T>(policy), samples, keyOf), keyOf)
}
