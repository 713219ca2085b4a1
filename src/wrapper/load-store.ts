import type { openStore } from "../stores/open-store.ts"
import type { Store } from "../stores/store.ts"

/** The name under which the packager puts the code of the stores beside the wrapper's. */
export const STORE_FILE = "store.mjs"

/** What that file exports. */
interface StoreModule {
  readonly openStore: typeof openStore
}

/** Loads the code of the stores from the folder of the wrapper, and opens the store at `url`. */
export async function loadStore(entryUrl: string, url: string): Promise<Store> {
  // The packager made the file of stores/open-store.ts.
  const module = (await import(new URL(STORE_FILE, entryUrl).href)) as StoreModule
  return await module.openStore(url)
}
