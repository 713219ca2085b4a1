import type { ChildProcess } from "node:child_process"
import { setTimeout as sleep } from "node:timers/promises"
import { assertNever } from "../../../base/assert-never.ts"
import { messageOf } from "../../../base/errors.ts"
import { taskTimes } from "../proc.ts"
import { openCgroupV1 } from "./cgroup-v1.ts"
import { openCgroupV2 } from "./cgroup-v2.ts"
import { LAYER_NAMES, type EnforcementLayer, type LayerName, type LayerOpening, type ProcessGroup } from "./layer.ts"
import { noLayer } from "./none.ts"
import { openSignals } from "./signals.ts"
import { openSystemdRun } from "./systemd-run.ts"

/** What became of one layer when it was tried. */
export interface LayerTrial {
  readonly layer: LayerName
  readonly holds: boolean
  /** Measured CPU over the quota less 1; null when it did not come to that. */
  readonly cpuError: number | null
  readonly note: string
}

export interface Detection {
  readonly layer: EnforcementLayer
  /** In the order tried; the last one holds, or is `none`. */
  readonly trials: readonly LayerTrial[]
}

/** Tries the layers from the top, or the forced one alone, and keeps the first that holds. */
export async function detectLayer(serverId: string, forced?: LayerName): Promise<Detection> {
  const trials: LayerTrial[] = []
  for (const name of forced === undefined ? LAYER_NAMES : [forced]) {
    const opening = openLayer(name, serverId)
    if ("unavailable" in opening) {
      trials.push({ layer: name, holds: false, cpuError: null, note: opening.unavailable })
      continue
    }
    const trial = await tryLayer(opening.layer)
    trials.push(trial)
    if (trial.holds) return { layer: opening.layer, trials }
    await opening.layer.close()
  }
  return { layer: noLayer(), trials }
}

function openLayer(name: LayerName, serverId: string): LayerOpening {
  switch (name) {
    case "cgroup-v2":
      return openCgroupV2(serverId)
    case "cgroup-v1":
      return openCgroupV1(serverId)
    case "systemd-run":
      return openSystemdRun(serverId)
    case "signals":
      return openSignals()
    case "none":
      return { layer: noLayer() }
    default:
      return assertNever(name)
  }
}

const QUOTA_CORES = 0.25
const BURN_MS = 500
const TOLERANCE = 0.1
const MEMORY_MB = 64
const TRIES = 3

/** A burner held at a quarter of a core, and an allocator that passes 64 MB: CPU within 10 %, and the kill comes. */
export async function tryLayer(layer: EnforcementLayer): Promise<LayerTrial> {
  if (layer.name === "none") return { layer: "none", holds: true, cpuError: null, note: "nothing is enforced" }
  try {
    const [burn, killed] = await Promise.all([burnRepeatedly(layer), allocate(layer)])
    const { cpuError, starved } = burn
    const percent = `CPU ${cpuError < 0 ? "" : "+"}${(cpuError * 100).toFixed(1)} % of the quota`
    if (cpuError > TOLERANCE || (cpuError < -TOLERANCE && !starved))
      return { layer: layer.name, holds: false, cpuError, note: percent }
    if (!killed) return { layer: layer.name, holds: false, cpuError, note: `${percent}, no kill above ${MEMORY_MB} MB` }
    const busy = cpuError < -TOLERANCE ? "; the machine was too busy to reach it" : ""
    return { layer: layer.name, holds: true, cpuError, note: `${percent}, kill above ${MEMORY_MB} MB${busy}` }
  } catch (error) {
    return { layer: layer.name, holds: false, cpuError: null, note: messageOf(error) }
  }
}

interface Burn {
  readonly cpuError: number
  /** It was runnable without a core for the missing time: the machine's fault, not the layer's. */
  readonly starved: boolean
}

async function burnRepeatedly(layer: EnforcementLayer): Promise<Burn> {
  let burn: Burn = { cpuError: -1, starved: false }
  for (let i = 0; i < TRIES; i++) {
    burn = await burnOnce(layer, `burner-${i}`)
    if (Math.abs(burn.cpuError) <= TOLERANCE) break
  }
  return burn
}

async function burnOnce(layer: EnforcementLayer, id: string): Promise<Burn> {
  const group = layer.createGroup({ id, memoryMB: MEMORY_MB, cores: QUOTA_CORES, coresPerProcess: null })
  try {
    const child = startIn(group, "while :; do :; done")
    group.setPriority("running")
    // The first period is free, and the shell has to start.
    await sleep(60)
    const before = reading(group, child)
    await sleep(BURN_MS)
    const after = reading(group, child)
    const wallMs = after.atMs - before.atMs
    const cpuError = (after.cpuMs - before.cpuMs) / (QUOTA_CORES * wallMs) - 1
    const waitedMs = after.delayMs - before.delayMs - (after.throttledDelayMs - before.throttledDelayMs)
    return { cpuError, starved: waitedMs > TOLERANCE * QUOTA_CORES * wallMs }
  } finally {
    await group.destroy()
  }
}

interface Reading {
  readonly atMs: number
  readonly cpuMs: number
  readonly delayMs: number
  readonly throttledDelayMs: number
}

/** The burner's own counters judge the layer, so that a layer is not its own witness. */
function reading(group: ProcessGroup, child: ChildProcess): Reading {
  let cpuMs = 0
  let delayMs = 0
  for (const times of taskTimes(child.pid ?? 0).values()) {
    cpuMs += times.cpuMs
    delayMs += times.delayMs
  }
  return { atMs: performance.now(), cpuMs, delayMs, throttledDelayMs: group.usage().throttledDelayMs }
}

/** Doubles a text to at most 256 MB, then waits: bounded where nothing kills it. */
const ALLOCATOR = "x=0123456789abcdef; i=0; while [ $i -lt 24 ]; do x=$x$x; i=$((i+1)); done; sleep 1 & wait"

async function allocate(layer: EnforcementLayer): Promise<boolean> {
  const group = layer.createGroup({ id: "allocator", memoryMB: MEMORY_MB, cores: 1, coresPerProcess: null })
  try {
    const child = startIn(group, ALLOCATOR)
    const end = await new Promise<NodeJS.Signals | null>((resolve) => {
      child.once("exit", (_code, signal) => resolve(signal))
      child.once("error", () => resolve(null))
    })
    return end === "SIGKILL" && group.oomKills() > 0
  } finally {
    await group.destroy()
  }
}

function startIn(group: ProcessGroup, script: string): ChildProcess {
  const child = group.start(["/bin/sh", "-c", script], { cwd: "/", env: environment() })
  // Reported by the reading or the exit that is awaited anyway.
  child.on("error", () => {})
  return child
}

/** Our own: the user manager of systemd is found by it. */
function environment(): Record<string, string> {
  const entries = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return Object.fromEntries(entries)
}
