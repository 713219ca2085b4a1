import { spawn, type ChildProcess } from "node:child_process"
import { enterCommand } from "./cgroup-files.ts"
import { signal } from "./kill.ts"
import type { StartOptions } from "./start.ts"

/**
 * A shell inside a group that reads what to become: it has waited for the kernel before anyone waits for it. It ends
 * with its input, so with the server too, and costs nothing while it waits.
 */
export class WaitingShell {
  readonly #child: ChildProcess

  /** Starts it; it enters the group by these `cgroup.procs` files. */
  constructor(files: readonly string[]) {
    const [command = "", ...args] = enterCommand(files, ["/bin/sh"])
    const env = { PATH: process.env["PATH"] ?? "/usr/bin:/bin" }
    this.#child = spawn(command, args, { cwd: "/", env, detached: true, stdio: ["pipe", "pipe", "pipe"] })
    // Refused, or killed before its time: it is then not used.
    this.#child.on("error", () => {})
    this.#child.stdin?.on("error", () => {})
    this.#hold(false)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get isAlive(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Makes it the command, under the same pid. Null when that cannot be said to it. */
  become(command: readonly string[], options: StartOptions): ChildProcess | null {
    const line = becomeLine(command, options)
    if (line === null || !this.isAlive) return null
    this.#hold(true)
    this.#child.stdin?.end(line)
    return this.#child
  }

  kill(): void {
    if (this.isAlive) signal(this.pid, "SIGKILL")
  }

  /** A server that has nothing else to do ends in spite of it. */
  #hold(held: boolean): void {
    const { stdin, stdout, stderr } = this.#child
    for (const handle of [this.#child, stdin, stdout, stderr] as readonly (Holding | null)[]) {
      if (held) handle?.ref?.()
      else handle?.unref?.()
    }
  }
}

/** Children and their pipes, which are sockets although their types do not say so. */
interface Holding {
  ref?(): unknown
  unref?(): unknown
}

/**
 * The line after which a shell is the command, in this folder and with this environment alone. Null when `env` would
 * take the command for a variable.
 */
export function becomeLine(command: readonly string[], { cwd, env }: StartOptions): string | null {
  if (command[0]?.includes("=") !== false) return null
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const words = ["/usr/bin/env", "-i", ...variables, ...command].map(quoted)
  return `cd ${quoted(cwd)} && exec ${words.join(" ")} </dev/null\n`
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}
