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
import { quotaOf, type EnforcementLayer, type GroupSpec, type GroupUsage, type LayerOpening } from "./layer.ts"
import { ancestors, hierarchies, type Hierarchy } from "./mounts.ts"
import { Spare, type Prepared } from "./spare.ts"
import { startProcess, type StartOptions } from "./start.ts"
import { WaitingShell } from "./waiting-shell.ts"

/** The highest weight the kernel takes: a quota is a cap, only a weight keeps others from the core. */
const RUNNING_SHARES = 262_144

/** The weight of an ordinary process: a cold start competes with the rest of the machine as one of it. */
const STARTING_SHARES = 1024

/** The group below which those of the instances lie, by controller. Freezer and cpuacct may be missing. */
interface Places {
  readonly cpu: string
  readonly memory: string
  readonly cpuacct: string | null
  readonly freezer: string | null
}

/** Control groups of version 1: cpu and memory (with cpuacct and freezer where they are mounted). */
export function openCgroupV1(serverId: string): LayerOpening {
  const v1 = hierarchies().filter((hierarchy) => hierarchy.version === 1)
  const cpu = placeFor("cpu", v1, serverId)
  if (cpu.directory === null) return { unavailable: cpu.reason }
  const memory = placeFor("memory", v1, serverId)
  if (memory.directory === null) return { unavailable: memory.reason }
  const cpuacct = placeFor("cpuacct", v1, serverId).directory
  const freezer = placeFor("freezer", v1, serverId).directory
  const places = { cpu: cpu.directory, memory: memory.directory, cpuacct, freezer }
  return { layer: cgroupV1Layer(places, serverId) }
}

function cgroupV1Layer(places: Places, serverId: string): EnforcementLayer {
  let spares = 0
  const make = (id: string, capped: boolean): CgroupV1Group =>
    new CgroupV1Group(places, { name: `${serverId}.${id}`, capped, onQuiet: () => spare.renew() })
  const spare = new Spare(false, (capped) => {
    const group = make(`spare-${++spares}`, capped)
    group.prepare()
    return group
  })
  return {
    name: "cgroup-v1",
    places: distinct(places),
    createGroup: (spec) => {
      const capped = spec.coresPerProcess !== null
      const group = spare.take(capped) ?? make(spec.id, capped)
      group.limit(spec)
      return group
    },
    close: () => spare.close(),
  }
}

type Place = { readonly directory: string } | { readonly directory: null; readonly reason: string }

/** Our own group or the nearest above it in which a group can be made. */
function placeFor(controller: string, v1: readonly Hierarchy[], serverId: string): Place {
  const hierarchy = v1.find((candidate) => candidate.controllers.includes(controller))
  if (hierarchy === undefined) return { directory: null, reason: `no v1 hierarchy has the ${controller} controller` }
  let reason = ""
  for (const directory of ancestors(hierarchy)) {
    const trial = join(directory, `${serverId}.trial`)
    const refusal = makeGroup(trial)
    removeGroup(trial)
    if (refusal === null) return { directory }
    reason ||= refusal
  }
  return { directory: null, reason: `no permission for the ${controller} controller (${reason})` }
}

function distinct({ cpu, memory, cpuacct, freezer }: Places): string[] {
  return [...new Set([cpu, memory, cpuacct, freezer].filter((path) => path !== null))]
}

interface V1GroupOptions {
  /** Of its folders. */
  readonly name: string
  /** Each process will have a limit of its own. */
  readonly capped: boolean
  /** Called when its processes rest, and when they are gone. */
  readonly onQuiet: () => void
}

class CgroupV1Group implements Prepared {
  readonly #directories: Places
  readonly #capped: boolean
  readonly #onQuiet: () => void
  #coresPerProcess: number | null = null
  #shell: WaitingShell | null = null
  #rootPid = 0
  /** Children that have a group of their own, or are known not to need one. */
  readonly #seen = new Set<number>()

  /** Makes its folders; no limit holds yet. */
  constructor(base: Places, { name, capped, onQuiet }: V1GroupOptions) {
    // Beside the other processes of the machine, not below a group of the server: so that the weight of each instance
    // is its own, high at work and ordinary while it starts.
    const inside = (path: string): string => join(path, name)
    this.#directories = {
      cpu: inside(base.cpu),
      memory: inside(base.memory),
      cpuacct: base.cpuacct === null ? null : inside(base.cpuacct),
      freezer: base.freezer === null ? null : inside(base.freezer),
    }
    for (const directory of distinct(this.#directories)) {
      const refusal = makeGroup(directory)
      if (refusal !== null) throw new Error(`cannot make the group ${directory}: ${refusal}`)
    }
    this.#capped = capped
    this.#onQuiet = onQuiet
    if (capped) this.#makeProcessGroup("root")
    this.setPriority("starting")
  }

  /** Lets a shell enter: a process that moves into a group waits some 12 ms for the kernel, however idle it is. */
  prepare(): void {
    this.#shell = new WaitingShell(this.#entries())
  }

  get isAlive(): boolean {
    return this.#shell?.isAlive === true
  }

  get isReady(): boolean {
    return this.isAlive && groupPids(this.#rootGroup()).includes(this.#shell?.pid ?? 0)
  }

  limit({ cores, memoryMB, coresPerProcess }: GroupSpec): void {
    this.setCores(cores)
    this.#limitMemory(memoryMB)
    this.#coresPerProcess = coresPerProcess
    if (coresPerProcess !== null) setQuota(this.#rootGroup(), coresPerProcess)
  }

  start(command: readonly string[], options: StartOptions): ChildProcess {
    const prepared = this.#shell?.become(command, options) ?? null
    if (prepared === null) this.#shell?.kill()
    const child = prepared ?? startProcess(enterCommand(this.#entries(), command), options)
    if (child.pid !== undefined) {
      this.#rootPid = child.pid
      this.#seen.add(child.pid)
    }
    return child
  }

  setCores(cores: number): void {
    setQuota(this.#directories.cpu, cores)
  }

  setPriority(priority: "starting" | "running"): void {
    tryWriteGroupFile(this.#directories.cpu, "cpu.shares", priority === "running" ? RUNNING_SHARES : STARTING_SHARES)
  }

  /**
   * Children of the root process are born into its group; each is moved to one of its own. What a child starts in
   * turn stays with it.
   */
  capProcesses(): void {
    if (this.#coresPerProcess === null) return
    for (const pid of groupPids(this.#rootGroup())) {
      if (this.#seen.has(pid)) continue
      if (parentPid(pid) !== this.#rootPid) continue
      this.#seen.add(pid)
      const group = this.#makeProcessGroup(String(pid))
      setQuota(group, this.#coresPerProcess)
      moveProcess(pid, group)
    }
  }

  freeze(): void {
    this.#setFrozen(true)
    this.#onQuiet()
  }

  thaw(): void {
    this.#setFrozen(false)
  }

  pids(): readonly number[] {
    return rootFirst(groupPids(this.#directories.memory), this.#rootPid)
  }

  usage(): GroupUsage {
    const { cpu, cpuacct } = this.#directories
    const cpuNs = cpuacct === null ? null : readGroupFile(cpuacct, "cpuacct.usage")
    const groups = this.#coresPerProcess === null ? [cpu] : [cpu, ...subgroups(cpu)]
    let throttledNs = 0
    for (const group of groups) throttledNs += counter(readGroupFile(group, "cpu.stat"), "throttled_time")
    const throttledMs = throttledNs / 1e6
    return { cpuMs: cpuNs === null ? null : Number(cpuNs) / 1e6, throttledMs, throttledDelayMs: throttledMs }
  }

  oomKills(): number {
    return counter(readGroupFile(this.#directories.memory, "memory.oom_control"), "oom_kill")
  }

  async destroy(): Promise<void> {
    // One that has not entered yet is not among the pids.
    this.#shell?.kill()
    const gone = await eventually(() => {
      for (const pid of this.pids()) signal(pid, "SIGKILL")
      // A frozen process does not die before it is thawed.
      this.#setFrozen(false)
      return this.pids().length === 0
    })
    if (!gone) return
    await eventually(() => {
      for (const group of subgroups(this.#directories.cpu)) removeGroup(group)
      return distinct(this.#directories).every(removeGroup)
    })
    this.#onQuiet()
  }

  /** Where its root process is limited. */
  #rootGroup(): string {
    return this.#capped ? join(this.#directories.cpu, "p-root") : this.#directories.cpu
  }

  /** The files by which its root process enters. */
  #entries(): string[] {
    const { memory, cpuacct, freezer } = this.#directories
    const root = this.#rootGroup()
    const others = new Set([memory, cpuacct, freezer].filter((path) => path !== null))
    others.delete(root)
    // Its own group last: who is in that one is in all of them.
    return [...others, root].map((directory) => join(directory, "cgroup.procs"))
  }

  #limitMemory(memoryMB: number): void {
    const bytes = memoryMB * 1024 * 1024
    writeGroupFile(this.#directories.memory, "memory.limit_in_bytes", bytes)
    // Memory and swap together; absent where the kernel does not count swap.
    tryWriteGroupFile(this.#directories.memory, "memory.memsw.limit_in_bytes", bytes)
  }

  #makeProcessGroup(name: string): string {
    const directory = join(this.#directories.cpu, `p-${name}`)
    const refusal = makeGroup(directory)
    if (refusal !== null) throw new Error(`cannot make the group ${directory}: ${refusal}`)
    tryWriteGroupFile(directory, "cpu.shares", RUNNING_SHARES)
    return directory
  }

  #setFrozen(frozen: boolean): void {
    const { freezer } = this.#directories
    if (freezer !== null) {
      tryWriteGroupFile(freezer, "freezer.state", frozen ? "FROZEN" : "THAWED")
      return
    }
    for (const pid of this.pids()) signal(pid, frozen ? "SIGSTOP" : "SIGCONT")
  }
}

/** A longer period with the old quota, or the other way round, is another limit for a moment: so through none. */
function setQuota(directory: string, cores: number): void {
  const { quotaUs, periodUs } = quotaOf(cores)
  tryWriteGroupFile(directory, "cpu.cfs_quota_us", -1)
  tryWriteGroupFile(directory, "cpu.cfs_period_us", periodUs)
  // The kernel refuses a child above its parent: then the parent's limit is the tighter one and serves.
  tryWriteGroupFile(directory, "cpu.cfs_quota_us", quotaUs)
}
