import { fileURLToPath } from "node:url"
import { messageOf, TrimtabError } from "../base/errors.ts"
import { fsStore } from "./fs/fs-store.ts"
import type { Store } from "./store.ts"

/**
 * Opens the store that `Store.url` of another process names. Understands `file:///folder`.
 * Throws `usage` for what is no URL, `unsupported` for another kind.
 */
export async function openStore(url: string): Promise<Store> {
  const protocol = URL.canParse(url) ? new URL(url).protocol : null
  switch (protocol) {
    case null:
      throw new TrimtabError("usage", `"${url}" is not the URL of a store`, {
        fix: "write it as file:///path/to/folder",
      })
    case "file:":
      return fsStore(folderOf(url))
    default:
      throw new TrimtabError("unsupported", `there is no store for ${protocol}// URLs`, {
        fix: "use file:///path/to/folder",
      })
  }
}

function folderOf(url: string): string {
  try {
    return fileURLToPath(url)
  } catch (error) {
    throw new TrimtabError("usage", `"${url}" names no folder of this machine: ${messageOf(error)}`, {
      fix: "write it as file:///path/to/folder",
      cause: error,
    })
  }
}
