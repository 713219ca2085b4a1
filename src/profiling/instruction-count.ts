import { execFile } from "node:child_process"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { messageOf, TrimtabError } from "../base/errors.ts"

const run: typeof execFile.__promisify__ = promisify(execFile)

/** What counts instructions: perf where the machine has hardware counters, else valgrind. */
export type CountingTool = "perf" | "valgrind"

export interface InstructionCount {
  readonly instructions: number
  /** Conditional and indirect. */
  readonly branches: number
}

/** The heap of a process over its life, from massif; blind to memory that V8 maps itself. */
export interface HeapCount {
  readonly memorySnapshots: number
  readonly peakBytes: number
}

/** A command to be counted, in a folder of its own. */
export interface CountedCommand {
  readonly program: string
  readonly args: readonly string[]
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  /** Ends the command. */
  readonly signal?: AbortSignal
}

const INSTALL = "install valgrind (apt-get install valgrind), or perf on a machine with hardware counters"

/** The best tool of this machine. @throws TrimtabError `missing-package` when there is none. */
export async function findCountingTool(): Promise<CountingTool> {
  const perf = await run("perf", ["stat", "-x,", "-e", PERF_EVENTS, "true"]).catch(() => null)
  if (perf !== null && parsePerf(perf.stderr) !== null) return "perf"
  if ((await run("valgrind", ["--version"]).catch(() => null)) !== null) return "valgrind"
  throw new TrimtabError("missing-package", "nothing on this machine counts instructions", { fix: INSTALL })
}

/**
 * Runs the command to its end, 50-100 times slower under valgrind. @throws TrimtabError `handler-failed`,
 * `missing-package`, and the reason of its signal.
 */
export async function countInstructions(tool: CountingTool, command: CountedCommand): Promise<InstructionCount> {
  const file = join(command.folder, `${tool}.out`)
  const prefix =
    tool === "perf"
      ? ["perf", "stat", "-x,", "-e", PERF_EVENTS, "-o", file]
      : ["valgrind", "-q", "--tool=callgrind", "--branch-sim=yes", `--callgrind-out-file=${file}`]
  await runUnder(prefix, command)
  const text = await readFile(file, "latin1")
  const count = tool === "perf" ? parsePerf(text) : parseCallgrind(text)
  if (count !== null) return count
  throw new TrimtabError("missing-package", `${tool} counted no instructions`, { fix: INSTALL })
}

/** Runs the command under massif. @throws TrimtabError as `countInstructions`. */
export async function countHeap(command: CountedCommand): Promise<HeapCount> {
  const file = join(command.folder, "massif.out")
  await runUnder(["valgrind", "-q", "--tool=massif", "--time-unit=i", `--massif-out-file=${file}`], command)
  return parseMassif(await readFile(file, "latin1"))
}

async function runUnder(
  prefix: readonly string[],
  { program, args, folder, env, signal }: CountedCommand,
): Promise<void> {
  const [tool, ...options] = prefix
  try {
    await run(tool!, [...options, program, ...args], {
      cwd: folder,
      env: { ...process.env, ...env },
      ...(signal !== undefined && { signal }),
    })
  } catch (error) {
    signal?.throwIfAborted()
    throw new TrimtabError("handler-failed", `the run under ${tool} failed: ${messageOf(error).slice(0, 2000)}`, {
      fix: "see whether the function runs by itself on this machine",
      cause: error,
    })
  }
}

const PERF_EVENTS = "instructions:u,branches:u"

/** `perf stat -x,`: `<count>,<unit>,<event>,...`; null where the machine does not count. */
export function parsePerf(text: string): InstructionCount | null {
  const count = (event: string): number =>
    Number(
      text
        .split("\n")
        .find((line) => line.includes(`,${event}`))
        ?.split(",")[0] || Number.NaN,
    )
  const [instructions, branches] = [count("instructions:u"), count("branches:u")]
  return Number.isFinite(instructions) && Number.isFinite(branches) ? { instructions, branches } : null
}

/** The events of a callgrind file and their totals. */
export function parseCallgrind(text: string): InstructionCount | null {
  const names = /^events: (.*)$/m.exec(text)?.[1]?.split(" ") ?? []
  const totals = /^totals: (.*)$/m.exec(text)?.[1]?.split(" ").map(Number) ?? []
  const total = (name: string): number => totals[names.indexOf(name)] ?? Number.NaN
  const [instructions, branches] = [total("Ir"), total("Bc") + total("Bi")]
  return Number.isFinite(instructions) && Number.isFinite(branches) ? { instructions, branches } : null
}

export function parseMassif(text: string): HeapCount {
  const heap = [...text.matchAll(/^mem_heap_B=(\d+)$/gm)].map(([, bytes]) => Number(bytes))
  return { memorySnapshots: heap.length, peakBytes: Math.max(0, ...heap) }
}
