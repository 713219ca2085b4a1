import { execFileSync, fork } from "node:child_process"
import { openSync, readSync, writeSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { CANDIDATES, countPrimes } from "./primes.ts"

/** Memory of one vCPU on AWS Lambda. */
const MB_PER_VCPU = 1769

/** Set for the helpers of an instance, whose program is this module too: the pipes that they read and write. */
const HELPER = "PRIME_HELPER"

/**
 * Multi-core code with a parallel share (StepConf Fig. 6): of each task the share `1 - ratio` runs alone, then the rest
 * over as many workers as there are vCPUs, rounded up, who all wait for the last. The workers are this process and
 * children of it, not threads: where a vCPU is less than a core a platform can hold a process to one vCPU, but not a
 * thread. They meet by blocking pipes, which costs about what threads pay: microseconds, not a message through two event
 * loops.
 */
export function handler(task: { readonly ratio: number }): number {
  const serial = Math.round(CANDIDATES * (1 - task.ratio))
  const workers = Math.ceil(Number(process.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]) / MB_PER_VCPU)
  team ??= startTeam(workers - 1)
  const alone = countPrimes(0, serial)
  const cuts = Array.from({ length: workers + 1 }, (_, i) => Math.round(serial + ((CANDIDATES - serial) * i) / workers))
  for (const [i, helper] of team.helpers.entries()) writeSync(helper, Uint32Array.of(cuts[i + 1]!, cuts[i + 2]!))
  let count = alone + countPrimes(cuts[0]!, cuts[1]!)
  const answer = new Uint32Array(1)
  for (let i = 0; i < team.helpers.length; i++) {
    readSync(team.answers, answer)
    count += answer[0]!
  }
  return count
}

interface Team {
  /** Pipes to the helpers. */
  readonly helpers: readonly number[]
  /** The one pipe by which they answer; so short a write is whole. */
  readonly answers: number
}

let team: Team | null = null

function startTeam(size: number): Team {
  const answers = makePipe("answers")
  const helpers = Array.from({ length: size }, (_, i) => makePipe(`helper-${i}`))
  for (const { path } of helpers)
    fork(fileURLToPath(import.meta.url), [], {
      env: { ...process.env, [HELPER]: JSON.stringify([path, answers.path]) },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    })
  return { helpers: helpers.map(({ fd }) => fd), answers: answers.fd }
}

function makePipe(name: string): { readonly path: string; readonly fd: number } {
  const path = join(process.env["TMPDIR"] ?? "/tmp", name)
  execFileSync("mkfifo", [path])
  // Opened both ways an end does not wait for the other one.
  return { path, fd: openSync(path, "r+") }
}

function help(orders: number, answers: number): never {
  const order = new Uint32Array(2)
  for (;;) {
    readSync(orders, order)
    writeSync(answers, Uint32Array.of(countPrimes(order[0]!, order[1]!)))
  }
}

const pipes = process.env[HELPER]
if (pipes !== undefined) {
  const [orders, answers] = JSON.parse(pipes) as [string, string]
  help(openSync(orders, "r+"), openSync(answers, "r+"))
}
