// npm run bench -- <name> [--json] [--full] [--only SECTION] [--measure NAME]
// Prints what was measured; exits with 0 even when a target is missed, since a bench measures and does not judge.
import { cpus, loadavg } from "node:os"
import { parseArgs } from "node:util"
import type { Bench } from "./bench.ts"

const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  estimation: async () => (await import("./estimation.ts")).bench,
  engine: async () => (await import("./engine.ts")).bench,
  planning: async () => (await import("./planning.ts")).bench,
  platform: async () => (await import("./platform.ts")).bench,
  prewarm: async () => (await import("./prewarm.ts")).bench,
  simulator: async () => (await import("./simulator.ts")).bench,
  tuner: async () => (await import("./tuner.ts")).bench,
  reproduction: async () => (await import("./reproduction.ts")).bench,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    full: { type: "boolean", default: false },
    only: { type: "string" },
    measure: { type: "string" },
  },
})
const load = BENCHES[positionals[0] ?? ""]
if (load === undefined) {
  process.stderr.write(
    `usage: npm run bench -- <name> [--json] [--full] [--only SECTION] [--measure NAME]; there are: ${Object.keys(BENCHES).join(", ")}\n`,
  )
  process.exitCode = 2
} else {
  const startedAt = new Date().toISOString()
  const loadBefore = loadavg()[0]!
  const bench = await load()
  const { summary, reasons, rows } = await bench({
    full: values.full,
    ...(values.only === undefined ? {} : { only: values.only }),
    ...(values.measure === undefined ? {} : { measure: values.measure }),
  })
  const machine = { cores: cpus().length, cpu: cpus()[0]?.model ?? "unknown", node: process.version, load: loadBefore }
  if (values.json) {
    const document = { schemaVersion: 1, bench: positionals[0], startedAt, machine, summary, reasons, rows }
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
  } else {
    for (const [key, value] of Object.entries(summary))
      process.stdout.write(
        `${key.padEnd(28)} ${value === null ? `not measured: ${reasons[key] ?? "no reason given"}` : JSON.stringify(value)}\n`,
      )
  }
}
