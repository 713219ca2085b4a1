import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join, resolve } from "node:path"

const CLI = resolve(import.meta.dirname, "../../../bin/trimtab.js")

export interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The command line as a user starts it in a folder. */
export function trimtabIn(folder: string): (...args: string[]) => Ended {
  return (...args) => spawnSync(process.execPath, [CLI, ...args], { cwd: folder, encoding: "utf8" })
}

/**
 * Writes a project of two steps, `cut` and then `mark` on six tasks, known from imported measurements alone: no function
 * exists. Throws when an import fails.
 */
export function importedProject(folder: string): (...args: string[]) => Ended {
  const trimtab = trimtabIn(folder)
  const space = (instances: number): object => ({
    memoryMB: { min: 512, max: 3008, step: 64 },
    instances: { min: 1, max: instances },
    processes: { min: 1, max: 1 },
  })
  const workflow = {
    name: "frames",
    functions: { cut: { handler: "./none.ts" }, mark: { handler: "./none.ts" } },
    steps: {
      cut: { function: "cut", configSpace: space(1) },
      mark: { function: "mark", after: ["cut"], split: "each", configSpace: space(6) },
    },
    goal: { sloMs: 8000 },
  }
  writeFileSync(join(folder, "trimtab.config.json"), JSON.stringify({ workflow }))
  for (const [name, text] of [
    ["cut", rows(1500, [1])],
    ["mark", rows(1200, [1, 6])],
  ] as const) {
    writeFileSync(join(folder, `${name}.csv`), text)
    const { status, stderr } = trimtab("profile", "import", `${name}.csv`, "--function", name)
    if (status !== 0) throw new Error(stderr)
  }
  return trimtab
}

/** Three measurements of each size and task count, of single-thread code that takes so long on a full vCPU. */
function rows(ms: number, tasks: readonly number[]): string {
  const lines = [512, 1024, 1792, 3008].flatMap((memoryMB) =>
    tasks.flatMap((n) =>
      [0.98, 1, 1.02].map((f) => `${memoryMB},${((ms * n * f) / Math.min(1, memoryMB / 1769)).toFixed(1)},${n}`),
    ),
  )
  return ["memory_mb,duration_ms,tasks", ...lines].join("\n")
}
