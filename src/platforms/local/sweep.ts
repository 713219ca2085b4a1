import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs"
import { basename, join } from "node:path"
import { subgroups } from "./enforcement/cgroup-files.ts"
import { signal } from "./enforcement/kill.ts"
import { ancestors, hierarchies } from "./enforcement/mounts.ts"
import { sweepGroup } from "./enforcement/sweep-group.ts"
import { isAlive } from "./proc.ts"
import { statePaths, type ServerInfo } from "./server-info.ts"

/**
 * No orphans. A server that is killed leaves processes, groups and folders, all named by its pid and start time;
 * the next one that starts removes them.
 */

/** `trimtab-<pid>-<start ticks>`. */
export function serverIdOf(pid: number, ticks: number): string {
  return `trimtab-${pid}-${ticks}`
}

/** Removes what dead servers left: in the control groups of this machine, and in the run folder. */
export async function sweep(stateDir: string, previous: ServerInfo | null): Promise<void> {
  const places = new Set([...hierarchies().flatMap(ancestors), ...(previous?.places ?? [])])
  const groups = [...places].flatMap(subgroups).filter((group) => isDeadServer(basename(group)))
  for (const group of groups) await sweepGroup(group)
  sweepRunFolders(statePaths(stateDir).run)
}

/** True for the name of a server that runs no more, or of one of its groups. */
function isDeadServer(name: string): boolean {
  const match = /^trimtab-(\d+)-(\d+)(-t\d+)?(\..*)?$/.exec(name)
  return match !== null && !isAlive(Number(match[1]), Number(match[2]))
}

function sweepRunFolders(run: string): void {
  if (!existsSync(run)) return
  for (const server of readdirSync(run)) {
    if (!isDeadServer(server)) continue
    for (const instance of readdirSync(join(run, server))) killInstance(join(run, server, instance, "pid"))
    rmSync(join(run, server), { recursive: true, force: true })
  }
}

/** Where no control group holds the processes, the file of the instance names their group leader. */
function killInstance(pidFile: string): void {
  if (!existsSync(pidFile)) return
  const [pid, ticks] = readFileSync(pidFile, "utf8").split(" ").map(Number)
  if (pid === undefined || ticks === undefined || !isAlive(pid, ticks)) return
  signal(-pid, "SIGKILL")
}
