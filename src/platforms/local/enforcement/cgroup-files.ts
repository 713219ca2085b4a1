import { mkdirSync, readFileSync, readdirSync, rmdirSync, statSync, writeFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { messageOf, systemCode } from "../../../base/errors.ts"

/** The few file operations that control groups are driven by. They touch no disk; all but moves take some 50 us. */

/** Null when the file is not there or not readable. */
export function readGroupFile(directory: string, file: string): string | null {
  try {
    return readFileSync(join(directory, file), "latin1").trimEnd()
  } catch {
    return null
  }
}

/** Throws what the kernel answers. */
export function writeGroupFile(directory: string, file: string, value: string | number): void {
  writeFileSync(join(directory, file), String(value))
}

/** False when the kernel refuses. */
export function tryWriteGroupFile(directory: string, file: string, value: string | number): boolean {
  try {
    writeGroupFile(directory, file, value)
    return true
  } catch {
    return false
  }
}

/**
 * Moves a process with all its threads. The kernel waits some 10 ms for that, so it is not waited for here; a process
 * that is gone by then needs no group.
 */
export function moveProcess(pid: number, directory: string): void {
  writeFile(join(directory, "cgroup.procs"), String(pid)).catch(() => {})
}

/** Null when the group is there now; else why not. */
export function makeGroup(directory: string): string | null {
  try {
    mkdirSync(directory)
  } catch (error) {
    if (systemCode(error) !== "EEXIST") return messageOf(error)
  }
  return null
}

/** True when the group is gone. A group that still holds a process cannot be removed. */
export function removeGroup(directory: string): boolean {
  try {
    rmdirSync(directory)
    return true
  } catch (error) {
    return systemCode(error) === "ENOENT"
  }
}

export function subgroups(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(directory, entry.name))
  } catch {
    return []
  }
}

export function groupExists(directory: string): boolean {
  try {
    return statSync(directory).isDirectory()
  } catch {
    return false
  }
}

/** Processes of the group itself, not of its subgroups. */
export function groupPids(directory: string): number[] {
  const text = readGroupFile(directory, "cgroup.procs")
  return text === null || text === "" ? [] : text.split("\n").map(Number)
}

/** The same pids with the root process at the head: the kernel sorts them by number, which wraps. */
export function rootFirst(pids: readonly number[], rootPid: number): number[] {
  return pids.includes(rootPid) ? [rootPid, ...pids.filter((pid) => pid !== rootPid)] : [...pids]
}

/** A counter in a `name value` file such as cpu.stat; 0 when absent. */
export function counter(text: string | null, name: string): number {
  for (const line of (text ?? "").split("\n")) {
    if (line.startsWith(name) && line[name.length] === " ") return Number(line.slice(name.length + 1))
  }
  return 0
}

/**
 * A shell that writes its own pid into each of `files`, then becomes the command: the group holds the process
 * before its first instruction. Exit code 125 when a group refuses it.
 */
export function enterCommand(files: readonly string[], command: readonly string[]): string[] {
  const script = 'n=$1; shift; while [ "$n" -gt 0 ]; do echo $$ > "$1" || exit 125; shift; n=$((n-1)); done; exec "$@"'
  return ["/bin/sh", "-c", script, "trimtab-enter", String(files.length), ...files, ...command]
}
