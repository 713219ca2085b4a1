import { spawn, spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"

// What a user can get wrong, through the command line: one clear message, the right exit code, nothing lost.

const root = resolve(import.meta.dirname, "..")
let base: string
let count = 0

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const GOOD = {
  name: "one",
  functions: { f: { handler: "./f.ts" } },
  steps: {
    s: {
      function: "f",
      configSpace: {
        memoryMB: { min: 128, max: 384, step: 128 },
        instances: { min: 1, max: 1 },
        processes: { min: 1, max: 1 },
      },
    },
  },
}
const ECHO = "export async function handler(task: unknown): Promise<unknown> { return task }\n"

/** A project folder; its functions are on a platform of their own. */
async function project(spec: object = GOOD, handler: string | null = ECHO, platform: object = {}): Promise<string> {
  const folder = join(base, String(++count))
  await mkdir(folder)
  await writeFile(join(folder, "workflow.json"), JSON.stringify(spec))
  await writeFile(
    join(folder, "trimtab.config.json"),
    JSON.stringify({ workflow: "./workflow.json", input: 1, platform: { kind: "local", ...platform } }),
  )
  if (handler !== null) await writeFile(join(folder, "f.ts"), handler)
  return folder
}

function trimtab(cwd: string, args: readonly string[], user: { uid?: number; gid?: number } = {}): Promise<Ended> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [join(root, "bin/trimtab.js"), ...args], {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
      ...user,
    })
    let stdout = ""
    let stderr = ""
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()))
    child.once("close", (code) => done({ code, stdout, stderr }))
  })
}

/** The one line that says what is wrong; the rest of stderr is progress. */
function complaint({ stderr }: Ended): string {
  const lines = stderr
    .trim()
    .split("\n")
    .filter((line) => line.startsWith("error") || line.startsWith("internal"))
  expect(lines, stderr).toHaveLength(1)
  expect(stderr).not.toMatch(/\n\s+at /)
  return lines[0]!
}

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "trimtab-bad-"))
})
afterAll(() => rm(base, { recursive: true, force: true }))

test.each([
  [
    "an unknown step in after",
    { ...GOOD, steps: { s: { ...GOOD.steps.s, after: ["nowhere"] } } },
    /step s comes after nowhere, which is not a step/,
  ],
  [
    "a cycle",
    { ...GOOD, steps: { s: { ...GOOD.steps.s, after: ["t"] }, t: { function: "f", after: ["s"] } } },
    /steps form a cycle/,
  ],
  [
    "a condition on a step that does not run before",
    {
      ...GOOD,
      steps: {
        s: GOOD.steps.s,
        t: { function: "f", when: { step: "s", path: "x", operator: "exists" } },
      },
    },
    /when of step t looks at s, which does not come before it/,
  ],
])("%s is a usage error", async (_what, spec, message) => {
  const ended = await trimtab(await project(spec), ["run", "--slo", "10s"])
  expect(ended.code, ended.stderr).toBe(2)
  expect(complaint(ended)).toMatch(message)
  expect(ended.stdout).toBe("")
})

test("a name used twice is refused with its line", async () => {
  const folder = await project()
  await writeFile(
    join(folder, "twice.yaml"),
    "name: x\nfunctions: { f: { handler: ./f.ts } }\nsteps:\n  s: { function: f }\n  s: { function: f }\n",
  )
  const ended = await trimtab(folder, ["plan", "--slo", "1s", "--config", "twice.yaml"])
  expect(ended.code).toBe(2)
  expect(complaint(ended)).toMatch(/twice\.yaml:5: the same name is used twice/)
})

test("a missing handler file is named", async () => {
  const ended = await trimtab(await project(GOOD, null), ["profile"])
  expect(ended.code).toBe(1)
  expect(complaint(ended)).toMatch(/f\.ts/)
})

test("a handler that throws ends the campaign with its step and its error", async () => {
  const folder = await project(
    GOOD,
    `export async function handler(): Promise<never> { throw new RangeError("no such frame") }\n`,
  )
  const ended = await trimtab(folder, ["profile"])
  expect(ended.code).toBe(1)
  expect(complaint(ended)).toMatch(/step s.*RangeError: no such frame/)
})

test("a handler that needs more memory than every size ends the campaign, not the machine", async () => {
  const greedy =
    "export async function handler(): Promise<number> { const all = []; for (let i = 0; i < 60; i++) all.push(Buffer.alloc(10e6, i)); return all.length }\n"
  const ended = await trimtab(await project(GOOD, greedy), ["profile"])
  expect(ended.code).toBe(1)
  expect(complaint(ended)).toMatch(/step s.*memory.*384 MB|step s.*384 MB.*memory/)
})

test("without a profile the command to make one is named", async () => {
  const ended = await trimtab(await project(), ["plan", "--slo", "1s"])
  expect(ended.code).toBe(1)
  expect(complaint(ended)).toMatch(/not measured yet: f; run `trimtab profile`/)
})

test("an impossible SLO is refused before the first invocation, naming the fastest plan; --best-effort goes on", async () => {
  const folder = await project()
  expect((await trimtab(folder, ["profile"])).code).toBe(0)
  for (const command of ["plan", "run"]) {
    const ended = await trimtab(folder, [command, "--slo", "1ms", "--json"])
    expect(ended.code, ended.stderr).toBe(3)
    expect(complaint(ended)).toMatch(/no plan finishes in 1\.0 ms \(fastest: [\d.,]+ m?s\); raise --slo/)
    expect(JSON.parse(ended.stdout)).toMatchObject({ error: { code: "goal-unreachable" } })
  }
  expect((await trimtab(folder, ["runs", "--json"])).stdout).toContain('"runs": []')
  const forced = await trimtab(folder, ["run", "--slo", "1ms", "--best-effort", "--json"])
  expect(forced.code, forced.stderr).toBe(3)
  expect(JSON.parse(forced.stdout)).toMatchObject({ status: "succeeded", sloMet: false, infeasible: true, output: 1 })
})

test("a file outside the store's root fails the run with the key, and nothing is read", async () => {
  const folder = await project()
  expect((await trimtab(folder, ["profile"])).code).toBe(0)
  const input = JSON.stringify({ $ref: "../../../etc/passwd", bytes: 1, sha256: "0" })
  const ended = await trimtab(folder, ["run", "--slo", "20s", "--input", input, "--json"])
  expect(ended.code, ended.stderr).toBe(1)
  const result: unknown = JSON.parse(ended.stdout)
  expect(result).toMatchObject({ status: "failed", error: { step: "s", errorType: "store-path" } })
  expect(ended.stdout).not.toContain("root:")
})

test("a journal that is none is refused and left as it is", async () => {
  const folder = await project()
  expect((await trimtab(folder, ["profile"])).code).toBe(0)
  const journal = join(folder, ".trimtab/journal.sqlite")
  await writeFile(journal, "this is no database, but somebody may want it back\n".repeat(100))
  const before = await readFile(journal, "utf8")
  for (const args of [["run", "--slo", "20s"], ["resume"], ["runs"]]) {
    const ended = await trimtab(folder, args)
    expect(ended.code).toBe(1)
    expect(complaint(ended)).toContain("journal.sqlite")
  }
  expect(await readFile(journal, "utf8")).toBe(before)
})

test("a port that is taken is named", async () => {
  const server = createServer()
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready))
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const ended = await trimtab(await project(GOOD, ECHO, { port }), ["profile"])
  server.close()
  expect(ended.code).toBe(1)
  expect(complaint(ended)).toContain(String(port))
})

test("a full disk ends the command with one message, and what was measured before is kept", async (context) => {
  const folder = await project()
  const state = join(folder, ".trimtab")
  await mkdir(state)
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", state])
  if (mounted.status !== 0) context.skip("a small file system cannot be mounted here")
  try {
    expect((await trimtab(folder, ["profile"])).code).toBe(0)
    const profile = await readFile(join(state, "profiles/f.ndjson"), "utf8")
    spawnSync("sh", ["-c", `head -c 4M /dev/zero > ${state}/filler`])
    const ended = await trimtab(folder, ["run", "--slo", "20s"])
    expect(ended.code).toBe(1)
    expect(complaint(ended)).toMatch(/full|no space/i)
    expect(await readFile(join(state, "profiles/f.ndjson"), "utf8")).toBe(profile)
    await rm(join(state, "filler"))
    expect((await trimtab(folder, ["run", "--slo", "20s"])).code).toBe(0)
  } finally {
    // The platform's server lives on for a while and holds files open.
    spawnSync("umount", ["-l", state])
  }
})

test("without permission for control groups the next layer serves, and doctor says which", async (context) => {
  const user = { uid: 65_534, gid: 65_534 }
  const reachable =
    process.getuid?.() === 0 &&
    spawnSync(process.execPath, [join(root, "bin/trimtab.js"), "--version"], user).status === 0
  if (!reachable) context.skip("only root can try another user, and that user must reach the checkout")
  const folder = await project()
  spawnSync("chown", ["-R", "65534:65534", folder])
  spawnSync("chmod", ["755", base])
  const ended = await trimtab(folder, ["doctor", "--json"], user)
  expect(ended.code, ended.stderr + ended.stdout).toBe(0)
  expect(ended.stdout).toMatch(/enforces by (systemd-run|signals)/)
  expect(existsSync(join(folder, ".trimtab"))).toBe(true)
})
