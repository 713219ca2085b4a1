import type { ChildProcess } from "node:child_process"
import { join } from "node:path"
import { parentPid } from "../proc.ts"
import {
  counter,
  enterCommand,
  groupPids,
  makeGroup,
  moveProcess,
  readGroupFile,
  removeGroup,
  rootFirst,
  subgroups,
  tryWriteGroupFile,
  writeGroupFile,
} from "./cgroup-files.ts"
import { eventually, signal } from "./kill.ts"
import {
  quotaOf,
  type EnforcementLayer,
  type GroupSpec,
  type GroupUsage,
  type LayerOpening,
  type ProcessGroup,
} from "./layer.ts"
import { ancestors, hierarchies } from "./mounts.ts"
import { startProcess, type StartOptions } from "./start.ts"

/** The highest weight the kernel takes, and the ordinary one. */
const RUNNING_WEIGHT = 10_000
const STARTING_WEIGHT = 100

/** Control groups of version 2, in the nearest group above us that may have children with cpu and memory. */
export function openCgroupV2(serverId: string): LayerOpening {
  const hierarchy = hierarchies().find((candidate) => candidate.version === 2)
  if (hierarchy === undefined) return { unavailable: "no v2 hierarchy is mounted" }
  return openCgroupV2In(ancestors(hierarchy), serverId)
}

/** The same among given directories, nearest first. */
export function openCgroupV2In(parents: readonly string[], serverId: string): LayerOpening {
  let reason = "no group"
  for (const parent of parents) {
    const offered = (readGroupFile(parent, "cgroup.controllers") ?? "").split(" ")
    if (!offered.includes("cpu") || !offered.includes("memory")) {
      reason = "the v2 hierarchy has no cpu and memory controllers"
      continue
    }
    if (!enableControllers(parent)) {
      reason = `no permission to enable cpu and memory below ${parent}`
      continue
    }
    const trial = join(parent, `${serverId}.trial`)
    const refusal = makeGroup(trial)
    removeGroup(trial)
    if (refusal === null) return { layer: cgroupV2Layer(parent, serverId) }
    reason = refusal
  }
  return { unavailable: reason }
}

/** A group that holds processes itself refuses. */
function enableControllers(directory: string): boolean {
  const enabled = (readGroupFile(directory, "cgroup.subtree_control") ?? "").split(" ")
  if (enabled.includes("cpu") && enabled.includes("memory")) return true
  return tryWriteGroupFile(directory, "cgroup.subtree_control", "+cpu +memory")
}

function cgroupV2Layer(parent: string, serverId: string): EnforcementLayer {
  return {
    name: "cgroup-v2",
    places: [parent],
    createGroup: (spec) => new CgroupV2Group(join(parent, `${serverId}.${spec.id}`), spec),
    close: async () => {},
  }
}

class CgroupV2Group implements ProcessGroup {
  readonly #directory: string
  readonly #coresPerProcess: number | null
  #rootPid = 0
  readonly #seen = new Set<number>()

  constructor(directory: string, spec: GroupSpec) {
    this.#directory = directory
    this.#coresPerProcess = spec.coresPerProcess
    const refusal = makeGroup(this.#directory)
    if (refusal !== null) throw new Error(`cannot make the group ${this.#directory}: ${refusal}`)
    this.setCores(spec.cores)
    this.setPriority("starting")
    writeGroupFile(this.#directory, "memory.max", spec.memoryMB * 1024 * 1024)
    tryWriteGroupFile(this.#directory, "memory.swap.max", 0)
    tryWriteGroupFile(this.#directory, "memory.oom.group", 1)
    if (this.#coresPerProcess !== null) {
      // A group with limited children holds no process itself.
      tryWriteGroupFile(this.#directory, "cgroup.subtree_control", "+cpu")
      this.#makeProcessGroup("root", this.#coresPerProcess)
    }
  }

  start(command: readonly string[], options: StartOptions): ChildProcess {
    const directory = this.#coresPerProcess === null ? this.#directory : join(this.#directory, "p-root")
    const child = startProcess(enterCommand([join(directory, "cgroup.procs")], command), options)
    if (child.pid !== undefined) {
      this.#rootPid = child.pid
      this.#seen.add(child.pid)
    }
    return child
  }

  setCores(cores: number): void {
    writeGroupFile(this.#directory, "cpu.max", quota(cores))
  }

  setPriority(priority: "starting" | "running"): void {
    tryWriteGroupFile(this.#directory, "cpu.weight", priority === "running" ? RUNNING_WEIGHT : STARTING_WEIGHT)
  }

  capProcesses(): void {
    if (this.#coresPerProcess === null) return
    for (const pid of groupPids(join(this.#directory, "p-root"))) {
      if (this.#seen.has(pid) || parentPid(pid) !== this.#rootPid) continue
      this.#seen.add(pid)
      moveProcess(pid, this.#makeProcessGroup(String(pid), this.#coresPerProcess))
    }
  }

  freeze(): void {
    tryWriteGroupFile(this.#directory, "cgroup.freeze", 1)
  }

  thaw(): void {
    tryWriteGroupFile(this.#directory, "cgroup.freeze", 0)
  }

  pids(): readonly number[] {
    return rootFirst([this.#directory, ...subgroups(this.#directory)].flatMap(groupPids), this.#rootPid)
  }

  usage(): GroupUsage {
    const stat = readGroupFile(this.#directory, "cpu.stat")
    let throttledUs = counter(stat, "throttled_usec")
    for (const group of subgroups(this.#directory))
      throttledUs += counter(readGroupFile(group, "cpu.stat"), "throttled_usec")
    const throttledMs = throttledUs / 1e3
    return { cpuMs: counter(stat, "usage_usec") / 1e3, throttledMs, throttledDelayMs: throttledMs }
  }

  oomKills(): number {
    return counter(readGroupFile(this.#directory, "memory.events"), "oom_kill")
  }

  async destroy(): Promise<void> {
    const gone = await eventually(() => {
      // One write kills the whole subtree, frozen or not (Linux 5.14); before that, one by one.
      if (!tryWriteGroupFile(this.#directory, "cgroup.kill", 1)) {
        for (const pid of this.pids()) signal(pid, "SIGKILL")
        this.thaw()
      }
      return this.pids().length === 0
    })
    if (!gone) return
    await eventually(() => {
      for (const group of subgroups(this.#directory)) removeGroup(group)
      return removeGroup(this.#directory)
    })
  }

  #makeProcessGroup(name: string, cores: number): string {
    const directory = join(this.#directory, `p-${name}`)
    const refusal = makeGroup(directory)
    if (refusal !== null) throw new Error(`cannot make the group ${directory}: ${refusal}`)
    tryWriteGroupFile(directory, "cpu.max", quota(cores))
    tryWriteGroupFile(directory, "cpu.weight", RUNNING_WEIGHT)
    return directory
  }
}

/** "quota period" in microseconds. */
function quota(cores: number): string {
  const { quotaUs, periodUs } = quotaOf(cores)
  return `${quotaUs} ${periodUs}`
}
