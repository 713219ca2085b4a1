import { join } from "node:path"
import { groupExists, makeGroup, moveProcess, readGroupFile, removeGroup, tryWriteGroupFile } from "./cgroup-files.ts"

export interface OwnGroup {
  readonly serverId: string
  readonly places: readonly string[]
}

/**
 * Gives the server itself the weight of its instances: beside them an ordinary process would get no core on a full
 * machine, and every answer would wait. Only where the weight can be given alone (the cpu controller of v1); else
 * nothing happens. The answer undoes it.
 */
export function joinServerGroup({ serverId, places }: OwnGroup): () => void {
  const cpu = places.find((place) => readGroupFile(place, "cpu.shares") !== null)
  if (cpu === undefined) return () => {}
  const own = join(cpu, `${serverId}.server`)
  if (makeGroup(own) !== null || !groupExists(own)) return () => {}
  tryWriteGroupFile(own, "cpu.shares", 262_144)
  moveProcess(process.pid, own)
  return () => {
    tryWriteGroupFile(cpu, "cgroup.procs", process.pid)
    removeGroup(own)
  }
}
