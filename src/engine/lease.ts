import { readFileSync } from "node:fs"
import { hostname } from "node:os"
import { TrimtabError } from "../base/errors.ts"

/** How long an ownership lasts without being renewed. It is renewed after a third of this. */
export const LEASE_MS = 15_000

/** Who owns a journal, as text in its lease. */
export interface Owner {
  readonly host: string
  readonly pid: number
  /** Start of the process in clock ticks since boot, so that a reused pid is not taken for the owner; "" unknown. */
  readonly startTicks: string
}

/** One row of the table `lease`. */
export interface Lease {
  readonly epoch: number
  /** "" when nobody owns the journal. */
  readonly owner: string
  readonly untilMs: number
}

export function thisOwner(): Owner {
  return { host: hostname(), pid: process.pid, startTicks: startTicksOf(process.pid) ?? "" }
}

export function ownerText(owner: Owner): string {
  return JSON.stringify(owner)
}

/**
 * True when the lease may be taken: free, run out, or held by a process of this machine that is dead.
 * An owner that is only paused loses the lease when it has run out, and its next write is refused.
 */
export function mayTake(lease: Lease, nowMs: number, self: Owner): boolean {
  if (lease.owner === "" || lease.untilMs <= nowMs) return true
  const owner = parseOwner(lease.owner)
  return owner === null || (owner.host === self.host && !isAlive(owner))
}

/** What a second engine is told. */
export function leaseTaken(path: string, lease: Lease): TrimtabError {
  const owner = parseOwner(lease.owner)
  const who = owner === null ? lease.owner : `process ${owner.pid} on ${owner.host}`
  return new TrimtabError("lease-lost", `journal ${path} is in use by ${who}`, {
    where: path,
    fix: "wait until it ends, stop it, or name another journal",
    retryable: true,
  })
}

/** What an owner is told that was overtaken. */
export function leaseLost(path: string): TrimtabError {
  return new TrimtabError("lease-lost", `journal ${path} was taken over by another process while this one paused`, {
    where: path,
    fix: "nothing was written; the other process finishes the runs",
  })
}

function parseOwner(text: string): Owner | null {
  try {
    const owner: unknown = JSON.parse(text)
    if (typeof owner !== "object" || owner === null || !("pid" in owner) || !("host" in owner)) return null
    const startTicks = "startTicks" in owner ? String(owner.startTicks) : ""
    return { host: String(owner.host), pid: Number(owner.pid), startTicks }
  } catch {
    return null
  }
}

function isAlive(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false
  }
  const startTicks = startTicksOf(owner.pid)
  return startTicks === null || owner.startTicks === "" || startTicks === owner.startTicks
}

/** Field 22 of /proc/<pid>/stat; null where there is no such file. A zombie counts as dead. */
function startTicksOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return fields[0] === "Z" ? "dead" : (fields[19] ?? null)
  } catch {
    return null
  }
}
