import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { FunctionPackage } from "../platform.ts"

/** What the probe function is told to do; it answers `{ echo, instance, calls }` unless said otherwise. */
export type ProbeEvent =
  | { readonly do: "nothing" }
  | { readonly do: "sleep"; readonly ms: number }
  /** CPU time, not wall time. */
  | { readonly do: "burn"; readonly cpuMs: number }
  /** In processes of its own; answers `{ groups }`, the control group of each. */
  | { readonly do: "burn-in"; readonly processes: number; readonly cpuMs: number }
  /** Keeps what it allocates. */
  | { readonly do: "allocate"; readonly mb: number }
  /** In a process of its own, and waits for its end. */
  | { readonly do: "allocate-in-child"; readonly mb: number }
  | { readonly do: "print"; readonly text: string }
  | { readonly do: "throw"; readonly name: string; readonly message: string }
  | { readonly do: "exit"; readonly code: number }
  /** Answers a JSON text of so many bytes. */
  | { readonly do: "big"; readonly bytes: number }
  /** Answers `{ environment, cwd, argv, context }`. */
  | { readonly do: "environment" }

/** Environment under which the probe's initialisation fails with the error type `InitFailed`. */
export const FAILING_INIT: Readonly<Record<string, string>> = { PROBE_INIT: "throw" }

const DIRECTORY = fileURLToPath(new URL("./functions/probe", import.meta.url))

/** The probe as a package: plain JavaScript with a runtime of its own, nothing of the wrapper. */
export function probePackage(functionName: string): FunctionPackage {
  const codeSha256 = createHash("sha256")
    .update(readFileSync(`${DIRECTORY}/index.mjs`))
    .digest("hex")
  return { functionName, directory: DIRECTORY, codeSha256, threads: "single" }
}
