import { spawn, type ChildProcess } from "node:child_process"

/** Where a root process starts, and all it finds in its environment. */
export interface StartOptions {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/**
 * Starts a command line as leader of a process group of its own, without input, its output in pipes. Its `pid` is
 * undefined where the machine refuses; the child then tells the error. Throws where it cannot even be tried.
 */
export function startProcess(commandLine: readonly string[], { cwd, env }: StartOptions): ChildProcess {
  const [command = "", ...args] = commandLine
  return spawn(command, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] })
}
