import { TrimtabError } from "../base/errors.ts"
import { openStore } from "../stores/open-store.ts"
import type { Store } from "../stores/store.ts"
import { STORE_VARIABLE } from "./environment.ts"

/** Opens the store of this function. Throws `usage` when it has none. */
export async function openWrapperStore(url: string | undefined): Promise<Store> {
  if (url !== undefined) return await openStore(url)
  throw new TrimtabError("usage", `tasks or results have files, and the function has no store: set ${STORE_VARIABLE}`, {
    fix: `deploy the function with ${STORE_VARIABLE} in its environment`,
  })
}
