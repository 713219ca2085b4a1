import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { CANDIDATES, countPrimes } from "./primes.ts"

/** Memory of one vCPU on AWS Lambda. */
const MB_PER_VCPU = 1769

/** Set for the helpers of an instance: this module is their program too. */
const HELPER = "PRIME_HELPER"

interface Range {
  readonly from: number
  readonly to: number
}

/**
 * Multi-core code with a parallel share (StepConf Fig. 6): of each task the share `1 - ratio` runs alone, then the rest
 * over as many workers as there are vCPUs, rounded up. The workers are this process and children of it, not threads:
 * where a vCPU is less than a core a platform can hold a process to one vCPU, but not a thread.
 */
export async function handler(task: { readonly ratio: number }): Promise<number> {
  const serial = Math.round(CANDIDATES * (1 - task.ratio))
  const workers = Math.ceil(Number(process.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]) / MB_PER_VCPU)
  while (helpers.length < workers - 1) helpers.push(startHelper())
  const alone = countPrimes(0, serial)
  const cuts = Array.from({ length: workers + 1 }, (_, i) => Math.round(serial + ((CANDIDATES - serial) * i) / workers))
  const others = helpers.map((helper, i) => ask(helper, { from: cuts[i + 1]!, to: cuts[i + 2]! }))
  const own = countPrimes(cuts[0]!, cuts[1]!)
  const counts = await Promise.all(others)
  return counts.reduce((sum, count) => sum + count, alone + own)
}

const helpers: ChildProcess[] = []

function startHelper(): ChildProcess {
  return fork(fileURLToPath(import.meta.url), [], { env: { ...process.env, [HELPER]: "1" } })
}

function ask(helper: ChildProcess, range: Range): Promise<number> {
  return new Promise((resolve) => {
    helper.once("message", (count: number) => resolve(count))
    helper.send(range)
  })
}

if (process.env[HELPER] === "1") {
  process.on("message", ({ from, to }: Range) => process.send?.(countPrimes(from, to)))
  process.on("disconnect", () => process.exit(0))
}
