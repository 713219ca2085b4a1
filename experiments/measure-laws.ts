// node experiments/measure-laws.ts
// What a task of the machine-learning and is-prime examples takes, as CPU time of one process, so that other work on the
// machine matters little; printed as the entries of workflows/step-laws-<date>.json.
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { buildSync } from "esbuild"

const EXAMPLES = resolve(import.meta.dirname, "..", "examples")
const TASKS = 8

/** Name in the file, module, and what makes its tasks: numbers, shards, or results of another handler. */
const HANDLERS = [
  { law: "easy", module: "dag16/src/easy.ts" },
  { law: "medium", module: "dag16/src/medium.ts" },
  { law: "hard", module: "dag16/src/hard.ts" },
  { law: "hardest", module: "dag16/src/hardest.ts" },
  { law: "preprocess", module: "ml/src/preprocess.ts" },
  { law: "train", module: "ml/src/train.ts", after: ["ml/src/preprocess.ts"] },
  { law: "merge-ml", module: "ml/src/merge.ts", after: ["ml/src/preprocess.ts", "ml/src/train.ts"] },
] as const

interface Context {
  readonly tmpDir: string
  file(path: string): { readonly path: string; readonly bytes: number }
}
type Handler = (task: unknown, context: Context) => unknown

const only = process.argv[2]
if (only === undefined) {
  for (const { law } of HANDLERS) {
    // A process of its own: its start, its memory and its warming up are its own too.
    const child = spawnSync(process.execPath, [import.meta.filename, law], { encoding: "utf8" })
    process.stdout.write(child.status === 0 ? child.stdout : `${law}: ${child.stderr}`)
  }
} else await measure(only)

async function measure(law: string): Promise<void> {
  const found = HANDLERS.find((one) => one.law === law)
  if (found === undefined) throw new Error(`there is no law ${law}`)
  const folder = mkdtempSync(join(tmpdir(), "laws-"))
  const context: Context = {
    get tmpDir() {
      return mkdtempSync(join(folder, "task-"))
    },
    file: (path) => ({ path, bytes: statSync(path).size }),
  }
  const file = bundled(found.module, folder)
  const before = cpuMs()
  const handler = await load(file)
  const initWorkMs = cpuMs() - before
  let tasks: unknown[] = Array.from({ length: TASKS }, (_, i) =>
    found.module.startsWith("ml/") ? { seed: 100 + i, rows: 1000 } : i,
  )
  for (const module of "after" in found ? found.after : []) {
    const previous = await load(bundled(module, folder))
    const results: unknown[] = []
    for (const task of tasks) results.push(await previous(task, context))
    tasks = results
  }
  const times: number[] = []
  for (const task of law === "merge-ml" ? [tasks, tasks, tasks] : [tasks[0], ...tasks]) {
    const from = cpuMs()
    await handler(task, context)
    times.push(cpuMs() - from)
  }
  rmSync(folder, { recursive: true })
  // The first call compiles.
  const warm = times.slice(1).toSorted((a, b) => a - b)
  const taskMs = Math.round(warm[Math.floor(warm.length / 2)]!)
  const line = { taskMs, firstMs: Math.round(times[0]!), initWorkMs: Math.round(initWorkMs), peakMB: peakMB() }
  process.stdout.write(`${law}: ${JSON.stringify(line)}\n`)
}

/** As it is deployed: one bundle, without what it does not use. */
function bundled(module: string, folder: string): string {
  const outfile = join(folder, `${module.replaceAll("/", "-")}.mjs`)
  const banner = { js: "import{createRequire}from'module';const require=createRequire(import.meta.url);" }
  const entryPoints = [join(EXAMPLES, module)]
  buildSync({ entryPoints, outfile, bundle: true, platform: "node", format: "esm", logLevel: "error", banner })
  return outfile
}

async function load(file: string): Promise<Handler> {
  const { handler } = (await import(file)) as { handler: Handler }
  return handler
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function peakMB(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024)
}
