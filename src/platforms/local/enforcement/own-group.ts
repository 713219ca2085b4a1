import { dirname, join } from "node:path"
import { groupExists, makeGroup, removeGroup, tryWriteGroupFile } from "./cgroup-files.ts"

/**
 * Gives the server itself the weight of its instances: beside them an ordinary process would get no core on a full
 * machine, and every answer would wait. Only where the weight can be given alone (v1: a group of the cpu
 * controller); else nothing happens. The answer undoes it.
 */
export function joinServerGroup(directories: readonly string[]): () => void {
  const cpu = directories.find(
    (directory) => groupExists(directory) && tryWriteGroupFile(directory, "cpu.shares", 262_144),
  )
  if (cpu === undefined) return () => {}
  const own = join(cpu, "server")
  if (makeGroup(own) !== null) return () => {}
  tryWriteGroupFile(own, "cpu.shares", 262_144)
  tryWriteGroupFile(own, "cgroup.procs", process.pid)
  return () => {
    tryWriteGroupFile(dirname(cpu), "cgroup.procs", process.pid)
    removeGroup(own)
  }
}
