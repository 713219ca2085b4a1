import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { messageOf } from "../../../base/errors.ts"
import { counter, readGroupFile } from "./cgroup-files.ts"
import { PERIOD_MS, type EnforcementLayer, type GroupSpec, type GroupUsage, type LayerOpening } from "./layer.ts"
import { hierarchies } from "./mounts.ts"
import { PlainGroup } from "./none.ts"

/**
 * A transient scope of the user's systemd, for machines where groups may not be made directly but the user manager
 * has cpu and memory delegated. The scope's quota is set once, when it starts: the initialisation has the
 * instance's share too.
 */

const TIMEOUT_MS = 2000

export function openSystemdRun(serverId: string): LayerOpening {
  const mount = hierarchies().find((hierarchy) => hierarchy.version === 2)
  if (mount === undefined) return { unavailable: "no v2 hierarchy is mounted" }
  try {
    execFileSync("systemctl", ["--user", "show-environment"], {
      timeout: TIMEOUT_MS,
      stdio: ["ignore", "ignore", "pipe"],
    })
  } catch (error) {
    return { unavailable: `no user manager of systemd (${messageOf(error).split("\n")[0]})` }
  }
  const layer: EnforcementLayer = {
    name: "systemd-run",
    places: [],
    createGroup: (spec) => new ScopeGroup(`${serverId}-${spec.id}`, mount.mountPoint, spec),
    close: async () => {},
  }
  return { layer }
}

class ScopeGroup extends PlainGroup {
  readonly #unit: string
  readonly #mountPoint: string
  readonly #spec: GroupSpec
  #directory: string | null = null
  #pid = 0

  constructor(unit: string, mountPoint: string, spec: GroupSpec) {
    super()
    this.#unit = unit
    this.#mountPoint = mountPoint
    this.#spec = spec
  }

  protected override enter(command: readonly string[]): readonly string[] {
    const properties = [
      `CPUQuota=${(this.#spec.cores * 100).toFixed(3)}%`,
      `CPUQuotaPeriodSec=${PERIOD_MS}ms`,
      "CPUWeight=10000",
      `MemoryMax=${this.#spec.memoryMB * 1024 * 1024}`,
      "MemorySwapMax=0",
    ]
    // --scope runs the command as our own child and becomes it: the pid stays the same.
    const flags = properties.flatMap((property) => ["-p", property])
    return [
      "systemd-run",
      "--user",
      "--scope",
      "--quiet",
      "--collect",
      "--unit",
      this.#unit,
      ...flags,
      "--",
      ...command,
    ]
  }

  protected override adopt(pid: number): void {
    super.adopt(pid)
    this.#pid = pid
  }

  override usage(): GroupUsage {
    const stat = readGroupFile(this.#scope(), "cpu.stat")
    const throttledMs = counter(stat, "throttled_usec") / 1e3
    return {
      cpuMs: stat === null ? null : counter(stat, "usage_usec") / 1e3,
      throttledMs,
      throttledDelayMs: throttledMs,
    }
  }

  override oomKills(): number {
    return counter(readGroupFile(this.#scope(), "memory.events"), "oom_kill")
  }

  /** The scope exists only once systemd-run has made it; "" reads as nothing. */
  #scope(): string {
    if (this.#directory !== null) return this.#directory
    try {
      const line = readFileSync(`/proc/${this.#pid}/cgroup`, "latin1")
        .split("\n")
        .find((text) => text.startsWith("0::"))
      const directory = join(this.#mountPoint, (line ?? "").slice(3))
      if (directory.includes(this.#unit)) this.#directory = directory
    } catch {
      // Not started yet, or gone.
    }
    return this.#directory ?? ""
  }
}
