import type { StoreRequests } from "./store.ts"

/** Counts the requests of one store object: what the store line of a bill is made of. */
export interface RequestCounter {
  readonly count: (kind: keyof StoreRequests) => void
  readonly read: () => StoreRequests
}

/** A counter at zero. */
export function requestCounter(): RequestCounter {
  const counts = { puts: 0, gets: 0, lists: 0, deletes: 0 }
  return {
    count: (kind) => {
      counts[kind]++
    },
    read: () => ({ ...counts }),
  }
}
