import type { ChildProcess } from "node:child_process"
import { processTree } from "../proc.ts"
import { eventually, signal } from "./kill.ts"
import type { EnforcementLayer, GroupUsage, ProcessGroup } from "./layer.ts"
import { startProcess, type StartOptions } from "./start.ts"

/** No limits at all: for looking at results, never for measuring. */
export function noLayer(): EnforcementLayer {
  return { name: "none", places: [], createGroup: () => new PlainGroup(), close: async () => {} }
}

/** A process group of POSIX: the root process leads it, its children are born into it. */
export class PlainGroup implements ProcessGroup {
  #rootPid = 0

  start(command: readonly string[], options: StartOptions): ChildProcess {
    const child = startProcess(this.enter(command), options)
    if (child.pid !== undefined) this.adopt(child.pid)
    return child
  }

  setCores(_cores: number): void {}

  setPriority(_priority: "starting" | "running"): void {}

  capProcesses(): void {}

  freeze(): void {
    this.send("SIGSTOP")
  }

  thaw(): void {
    this.send("SIGCONT")
  }

  pids(): readonly number[] {
    return this.#rootPid === 0 ? [] : processTree(this.#rootPid)
  }

  usage(): GroupUsage {
    return { cpuMs: null, throttledMs: 0, throttledDelayMs: 0 }
  }

  oomKills(): number {
    return 0
  }

  async destroy(): Promise<void> {
    // A group without members refuses the signal; a zombie counts as a member until its parent has read its end.
    await eventually(() => !this.send("SIGKILL"))
  }

  /** The command line that enters the group first and becomes `command` then. */
  protected enter(command: readonly string[]): readonly string[] {
    return command
  }

  protected adopt(pid: number): void {
    this.#rootPid = pid
  }

  protected send(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): boolean {
    return this.#rootPid > 0 && signal(-this.#rootPid, name)
  }
}
