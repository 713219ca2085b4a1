import { spawn } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { seededRandom } from "../src/base/random.ts"
import { openPlatform } from "../src/cli/composition.ts"
import { loadProject } from "../src/cli/config.ts"
import type { InstanceSample } from "../src/estimation/sample.ts"
import { profileStore } from "../src/profiling/profile-store.ts"
import type { RunResult } from "../src/workflow/run-result.ts"
import { shortVideo } from "./fixtures/short-video/workflow.ts"

// kill -9 of the engine at random moments of the short video workflow, on real processes: every run resumes to the
// same output, and no finished step runs again.

const root = resolve(import.meta.dirname, "..")
const cli = join(root, "bin/trimtab.js")
const KILLS = 20
const SEED = 20_261_121
let folder: string
let config: string

/** Starts the command line; `killAfterMs` counts from its first decision, so that the run is accepted by then. */
function trimtab(
  args: readonly string[],
  killAfterMs?: number,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [cli, ...args, "--config", config, "--json"], {
      stdio: ["ignore", "pipe", "pipe"],
    })
    let stdout = ""
    let stderr = ""
    let armed = false
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString()
      if (killAfterMs === undefined || armed || !stderr.includes("steps done")) return
      armed = true
      setTimeout(() => child.kill("SIGKILL"), killAfterMs)
    })
    child.once("close", (code) => done({ code, stdout, stderr }))
  })
}

/** What a profile of these handlers looks like: they wait, so that memory makes no difference. */
async function writeProfiles(stateDir: string): Promise<void> {
  const profiles = profileStore(join(stateDir, "profiles"))
  for (const functionName of Object.keys(shortVideo.functions))
    await profiles.append(
      functionName,
      [1, 2, 4].flatMap((tasks) => [512, 2048].map((memoryMB) => sample(memoryMB, tasks))),
    )
}

function sample(memoryMB: number, tasks: number): InstanceSample {
  return {
    kind: "instance",
    atMs: 1,
    source: "campaign",
    memoryMB,
    processes: 1,
    tasks,
    outcome: "ok",
    cold: false,
    initMs: 0,
    downloadMs: 2,
    computeMs: 100 * tasks,
    uploadMs: 2,
    downloadBytes: 100,
    uploadBytes: 100,
    downloadObjects: 1,
    uploadObjects: 1,
    durationMs: 105 * tasks,
    billedMs: 106 * tasks,
    maxMemoryUsedMB: 60,
    peakProcessMB: 60,
    contended: false,
    enforced: "cgroup-v1",
    codeSha256: "any",
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "trimtab-kill-"))
  config = join(folder, "trimtab.config.json")
  const workflow = join(root, "test/fixtures/short-video/trimtab.config.ts")
  await writeFile(
    config,
    JSON.stringify({ workflow, input: { seed: "a" }, stateDir: folder, platform: { kind: "local", vcpuScale: 0.25 } }),
  )
  await writeProfiles(folder)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

test(
  "a run killed at any moment resumes to the same output, and no finished step runs again",
  { timeout: 400_000 },
  async () => {
    // The fastest plan: many instances in flight at every moment.
    const args = ["run", "--slo", "1ms", "--best-effort"]
    const undisturbed = await trimtab(args)
    expect(undisturbed.code, undisturbed.stderr).toBe(3)
    const reference = JSON.parse(undisturbed.stdout) as RunResult
    const random = seededRandom(SEED)
    for (let kill = 0; kill < KILLS; kill++) {
      const afterMs = random.next() * reference.latencyMs
      const killed = await trimtab(args, afterMs)
      const run = killed.code === 3 ? (JSON.parse(killed.stdout) as RunResult) : await resumed()
      if (run === null) continue
      expect(run.status).toBe("succeeded")
      expect(withoutKeys(run.output)).toEqual(withoutKeys(reference.output))
      expect(await lateInvocations(run), `kill ${kill} after ${afterMs.toFixed(0)} ms`).toEqual([])
    }
  },
)

/** The run that was cut off, resumed; null when it had ended by then and only its report was cut off. */
async function resumed(): Promise<RunResult | null> {
  const { code, stdout, stderr } = await trimtab(["resume"])
  const { runs } = JSON.parse(stdout) as { runs: RunResult[] }
  if (runs.length === 0) {
    const listed = JSON.parse((await trimtab(["runs"])).stdout) as { runs: { status: string }[] }
    expect(listed.runs.at(-1)?.status).toBe("succeeded")
    return null
  }
  expect(runs).toHaveLength(1)
  // The SLO cannot be met, which is what 3 says.
  expect(code, stderr).toBe(3)
  return runs[0]!
}

/** Store keys hold the run's id; the bytes behind them, by their hash, must not differ. */
function withoutKeys(output: unknown): unknown {
  return JSON.parse(JSON.stringify(output, (key, value: unknown) => (key === "$ref" ? undefined : value)))
}

/** Invocations that began after their step had ended, as the platform's own log has them. */
async function lateInvocations(run: RunResult): Promise<string[]> {
  const platform = await openPlatform(await loadProject({ file: config, cwd: folder }))
  const late: string[] = []
  try {
    for await (const record of platform.logs({ sinceMs: run.startedAtWallMs })) {
      const step = run.steps.find((candidate) => candidate.function === record.functionName)
      if (step === undefined || record.wrapper === undefined) continue
      // The platform's clock and the engine's are the same machine's; 5 ms are rounding and the way of the answer.
      if (record.startedAtMs > run.startedAtWallMs + step.endedAtMs + 5)
        late.push(`${step.name} at ${record.startedAtMs}`)
    }
  } finally {
    await platform.close()
  }
  return late
}
