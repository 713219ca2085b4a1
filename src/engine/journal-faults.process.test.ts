import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { build } from "esbuild"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { readRuns } from "./read-runs.ts"

/** A mount of our own needs the right to make one; tracing a process needs strace and the right to trace. */
const CAN_MOUNT = succeeds(["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/tmp"])
const CAN_TRACE = succeeds(["strace", "-f", "-qq", "-e", "inject=fdatasync:error=EIO", "-o", "/dev/null", "true"])

const folder = mkdtempSync(join(tmpdir(), "trimtab-disk-"))
let bundle = ""

beforeAll(async () => {
  bundle = join(folder, "fault-child.mjs")
  await build({
    entryPoints: [join(import.meta.dirname, "testing/fault-child.ts")],
    outfile: bundle,
    bundle: true,
    platform: "node",
    format: "esm",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  })
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("a real disk", () => {
  test.skipIf(!CAN_MOUNT)(
    "that is full: said in one sentence, nothing acknowledged is lost, and all goes on with space",
    async () => {
      const { journal, notes } = folders("full")
      // The file system ends with its namespace: what it held is copied out of it, and on to a disk with room.
      const script = `mount -t tmpfs -o size=256k tmpfs ${journal} && ${child(journal, notes, 500)}; cp ${journal}/* ${notes}/`
      const out = shell(["unshare", "-m", "sh", "-c", script])
      expect(out).toMatch(/^disk-full journal .*journal.sqlite: no space left to write/)
      await checkAfter(notes)
    },
  )

  test("whose files may not grow further: said in one sentence, nothing acknowledged is lost", async () => {
    const { journal, notes } = folders("limit")
    // Ignored signals are inherited: the write fails instead of ending the process.
    const out = shell(["sh", "-c", `trap '' XFSZ; ulimit -f 400; exec ${child(journal, notes, 500)}`])
    expect(out).toMatch(/^(io|disk-full) journal .*journal.sqlite: /)
    await checkAfter(notes, journal)
  })

  test.skipIf(!CAN_TRACE)("whose fsync fails: said, written on no more, and read again at the next start", async () => {
    const { journal, notes } = folders("fsync")
    const inject = "inject=fdatasync,fsync:error=EIO:when=40+"
    const trace = ["strace", "-f", "-qq", "--seccomp-bpf", "-e", inject, "-o", "/dev/null"]
    const out = shell([...trace, "sh", "-c", child(journal, notes, 500)])
    expect(out).toMatch(/^io journal .*journal.sqlite: reading or writing failed/)
    await checkAfter(notes, journal)
  })

  test.skipIf(!CAN_MOUNT)("that is mounted read-only: refused in one sentence", () => {
    const { journal, notes } = folders("readonly")
    const script = `mount -t tmpfs -o ro tmpfs ${journal} && ${child(journal, notes, 1)}`
    const out = shell(["unshare", "-m", "sh", "-c", script])
    expect(out).toMatch(/^io journal .*journal.sqlite: (the file cannot be written|reading or writing failed)/)
    expect(existsSync(join(notes, "notes.txt"))).toBe(false)
  })
})

/** I1: every run that was acknowledged is there, and those that had not ended end now. */
async function checkAfter(notes: string, journal: string = notes): Promise<void> {
  const accepted = acceptedRuns(notes)
  expect(accepted.length).toBeGreaterThan(0)
  expect(shell(["sh", "-c", child(journal, notes, 1)])).toBe("done")
  const runs = new Map((await readRuns(join(journal, "journal.sqlite"))).map((run) => [run.runId, run.status]))
  for (const runId of accepted) expect(runs.get(runId), runId).toBe("succeeded")
  expect(acceptedRuns(notes)).toHaveLength(accepted.length + 1)
}

function acceptedRuns(notes: string): string[] {
  const lines = readFileSync(join(notes, "notes.txt"), "utf8").trim().split("\n")
  return lines.filter((line) => line.startsWith("accepted ")).map((line) => line.split(" ")[1]!)
}

function folders(name: string): { journal: string; notes: string } {
  const journal = join(folder, name, "journal")
  const notes = join(folder, name, "notes")
  for (const path of [journal, notes]) mkdirSync(path, { recursive: true })
  return { journal, notes }
}

function child(journal: string, notes: string, runs: number): string {
  return `${process.execPath} ${bundle} ${journal} ${notes} ${runs}`
}

/** Runs a command to its end and gives its only line. */
function shell([command = "", ...args]: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: "utf8", timeout: 60_000 })
  expect(status, stderr).toBe(0)
  return stdout.trim()
}

function succeeds([command = "", ...args]: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore", timeout: 10_000 }).status === 0
}
