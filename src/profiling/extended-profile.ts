import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { TrimtabError } from "../base/errors.ts"
import type { Json } from "../base/json.ts"
import type { OperationProfile } from "../estimation/operation-profile.ts"
import type { FunctionPackage } from "../platforms/platform.ts"
import { ENVELOPE_VERSION, type TaskEnvelope } from "../protocol/envelope.ts"
import {
  type CountedCommand,
  countHeap,
  countInstructions,
  type CountingTool,
  findCountingTool,
  type InstructionCount,
} from "./instruction-count.ts"

export interface ExtendedRequest {
  readonly pkg: FunctionPackage
  /** Tasks of one invocation. */
  readonly tasks: readonly Json[]
  readonly environment: Readonly<Record<string, string>>
  /** Default: the best one of this machine. */
  readonly tool?: CountingTool
  readonly signal?: AbortSignal
}

/** Invocations before those that count, and those that do. */
const WARM_UPS = 2
const COUNTED = 4

/**
 * The extended profile of a function from its portable one: instructions and branches of one warm invocation, and with
 * valgrind massif's snapshots and heap of the process. What perf alone cannot see of the heap is absent. The packaged
 * function runs under the tool in a process and a folder of its own; costs 2 or 3 runs, 50-100 times slower with
 * valgrind.
 * @throws TrimtabError `usage` for a profile that is not portable, `missing-package` without a tool, `handler-failed`.
 */
export async function extendProfile(portable: OperationProfile, request: ExtendedRequest): Promise<OperationProfile> {
  if (portable.source !== "portable") {
    throw new TrimtabError("usage", "only a portable profile can be extended", { fix: "profile the function again" })
  }
  const tool = request.tool ?? (await findCountingTool())
  const { memorySnapshots: _, heapBytes: __, ...counters } = portable.counters
  return await withCommand(request, async (command) => {
    const count = await warmInvocation(tool, command)
    const heap = tool === "valgrind" ? await countHeap(command(WARM_UPS)) : null
    return {
      source: "extended",
      local: portable.local,
      counters: {
        ...counters,
        ...count,
        ...(heap !== null && { memorySnapshots: heap.memorySnapshots, heapBytes: heap.peakBytes }),
      },
    }
  })
}

/** Instructions of one warm invocation: what a process with `COUNTED` more of them executes more, divided. */
export async function countInvocation(request: ExtendedRequest): Promise<InstructionCount> {
  const tool = request.tool ?? (await findCountingTool())
  return await withCommand(request, async (command) => await warmInvocation(tool, command))
}

type CommandOf = (invocations: number) => CountedCommand

async function warmInvocation(tool: CountingTool, command: CommandOf): Promise<InstructionCount> {
  const few = await countInstructions(tool, command(WARM_UPS))
  const many = await countInstructions(tool, command(WARM_UPS + COUNTED))
  const each = (of: (count: InstructionCount) => number): number => Math.max(0, (of(many) - of(few)) / COUNTED)
  return {
    instructions: Math.round(each(({ instructions }) => instructions)),
    branches: Math.round(each(({ branches }) => branches)),
  }
}

async function withCommand<T>(request: ExtendedRequest, use: (command: CommandOf) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "trimtab-counted-"))
  try {
    const payload = join(folder, "payload.json")
    await writeFile(payload, JSON.stringify(envelopeOf(request.tasks)))
    const module = pathToFileURL(join(request.pkg.directory, "index.mjs")).href
    return await use((invocations) => ({
      program: process.execPath,
      // One thread of V8: its helpers would do now more, now less within the run.
      args: ["--single-threaded", "--input-type=module", "--eval", DRIVER, module, payload, `${invocations}`],
      folder,
      env: { ...request.environment, TMPDIR: folder },
      ...(request.signal !== undefined && { signal: request.signal }),
    }))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Of the envelope; the invocation has its own. */
const NO_DEADLINE_MS = Number.MAX_SAFE_INTEGER

function envelopeOf(tasks: readonly Json[]): TaskEnvelope {
  return {
    $trimtab: {
      v: ENVELOPE_VERSION,
      key: "counted",
      repeat: 0,
      part: [0, 1],
      processes: 1,
      call: "handler",
      tasks,
      outputKey: "counted",
      deadlineMs: NO_DEADLINE_MS,
    },
  }
}

/** Invokes a packaged function so many times, as the Node runtime of AWS does, and ends; its first error ends it too. */
const DRIVER = `
import { readFileSync } from "node:fs"
const [, module, payload, invocations] = process.argv
const { handler } = await import(module)
const { $trimtab } = JSON.parse(readFileSync(payload, "utf8"))
for (let n = 0; n < Number(invocations); n++) {
  const event = { $trimtab: { ...$trimtab, outputKey: "counted/" + process.pid + "/" + n } }
  const context = { awsRequestId: "request-" + n, getRemainingTimeInMillis: () => 3600000 }
  const { errors } = (await handler(event, context)).$trimtab
  if (errors.length > 0) throw new Error(errors[0].message)
}
process.exit(0)
`
