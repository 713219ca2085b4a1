import type * as Sdk from "@restatedev/restate-sdk"
import { messageOf, TrimtabError } from "../../base/errors.ts"

/** What of Restate's SDK the engine uses. */
export type RestateSdk = typeof Sdk

/** The version that was tried with; any later 1.x should do. */
export const SDK_VERSION = "1.17.2"

/**
 * Restate's SDK, an optional package that only its users install.
 * @throws TrimtabError `missing-package` with the command that installs it
 */
export async function loadRestateSdk(
  load: () => Promise<RestateSdk> = () => import("@restatedev/restate-sdk"),
): Promise<RestateSdk> {
  try {
    return await load()
  } catch (error) {
    const fix = `npm install @restatedev/restate-sdk@${SDK_VERSION}`
    throw new TrimtabError(
      "missing-package",
      `the Restate engine needs the package @restatedev/restate-sdk, which cannot be loaded (${firstLine(error)}); install it beside trimtab: ${fix}`,
      { fix, cause: error },
    )
  }
}

function firstLine(error: unknown): string {
  return messageOf(error).split("\n")[0] ?? ""
}
