import { rmSync } from "node:fs"

/** The folder for the files of one invocation, not made yet. Unique per process and invocation. */
export function invocationFolder(requestId: string): string {
  // Request ids come from outside: nothing but their letters and digits goes into a path.
  const name = requestId.replaceAll(/[^\w-]/g, "").slice(0, 64)
  return `${process.env["TMPDIR"] ?? "/tmp"}/trimtab-${process.pid}-${name}`
}

/** Removes the folder with all in it; it may never have been made. */
export function removeFolder(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true })
  } catch (error) {
    // The answer is worth more than the space; the platform removes the rest with the instance.
    console.error(`could not remove ${folder}`, error)
  }
}
