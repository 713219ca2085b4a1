import { groupExists, groupPids, removeGroup, subgroups, tryWriteGroupFile } from "./cgroup-files.ts"
import { eventually, signal } from "./kill.ts"

/** Kills what is left in the group of a dead server and removes it, deepest first. True when it is gone. */
export async function sweepGroup(directory: string): Promise<boolean> {
  if (!groupExists(directory)) return true
  for (const group of subgroups(directory)) await sweepGroup(group)
  return await eventually(() => {
    for (const pid of groupPids(directory)) signal(pid, "SIGKILL")
    // A frozen process does not die before it is thawed.
    tryWriteGroupFile(directory, "freezer.state", "THAWED")
    tryWriteGroupFile(directory, "cgroup.freeze", 0)
    return removeGroup(directory)
  })
}
