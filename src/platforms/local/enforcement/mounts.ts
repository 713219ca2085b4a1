import { readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"

/** A mounted hierarchy of control groups and where this process stands in it. */
export interface Hierarchy {
  readonly version: 1 | 2
  /** Controllers of a v1 hierarchy; empty for v2. */
  readonly controllers: readonly string[]
  readonly mountPoint: string
  /** Directory of the group this process is in. */
  readonly ownDirectory: string
}

/** The hierarchies of this machine; none where there is no /proc. */
export function hierarchies(): Hierarchy[] {
  try {
    return parseHierarchies(readFileSync("/proc/self/mountinfo", "utf8"), readFileSync("/proc/self/cgroup", "utf8"))
  } catch {
    return []
  }
}

/** Mount options of a v1 hierarchy beside its controllers; `name=systemd` counts as one. */
const NOT_A_CONTROLLER = /^(rw|ro|xattr|noprefix|clone_children|release_agent=.*)$/

/** The same from the texts of /proc/self/mountinfo and /proc/self/cgroup. */
export function parseHierarchies(mountinfo: string, cgroup: string): Hierarchy[] {
  const found: Hierarchy[] = []
  for (const line of mountinfo.split("\n")) {
    // "36 35 0:31 /root /mount/point rw - cgroup source rw,cpu": optional fields end at the lone dash.
    const [before, after] = line.split(" - ")
    const [type, , options] = (after ?? "").split(" ")
    if (type !== "cgroup" && type !== "cgroup2") continue
    const [, , , root, mountPoint] = (before ?? "").split(" ")
    if (root === undefined || mountPoint === undefined) continue
    const version = type === "cgroup2" ? 2 : 1
    const controllers = version === 2 ? [] : (options ?? "").split(",").filter((name) => !NOT_A_CONTROLLER.test(name))
    const own = ownPath(cgroup, controllers)
    if (own === null) continue
    const inside = relative(root, own)
    found.push({
      version,
      controllers,
      mountPoint,
      ownDirectory: inside.startsWith("..") ? mountPoint : join(mountPoint, inside),
    })
  }
  return found
}

/** The group's own directory, its parent, ... up to the mount point. */
export function ancestors(hierarchy: Hierarchy): string[] {
  const directories = [hierarchy.ownDirectory]
  for (let at = hierarchy.ownDirectory; at !== hierarchy.mountPoint && at.length > 1;) {
    at = dirname(at)
    directories.push(at)
  }
  return directories
}

/** "4:memory:/path": the path of the line that names one of the controllers; of "0::/path" for v2. */
function ownPath(cgroup: string, controllers: readonly string[]): string | null {
  for (const line of cgroup.split("\n")) {
    const [, names, ...path] = line.split(":")
    if (names === undefined || path.length === 0) continue
    const matches =
      controllers.length === 0 ? names === "" : names.split(",").some((name) => controllers.includes(name))
    if (matches) return path.join(":")
  }
  return null
}
