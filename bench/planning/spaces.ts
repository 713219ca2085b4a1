import type { CompiledParts, CompiledSpace } from "../../src/estimation/estimator.ts"
import type { Problem } from "../../src/optimization/planner.ts"
import type { ConfigSpace, Range } from "../../src/workflow/config.ts"
import type { Goal } from "../../src/workflow/goal.ts"
import type { Graph } from "../../src/workflow/graph.ts"
import type { PlatformLimits } from "../../src/workflow/limits.ts"
import type { Step, Workflow } from "../../src/workflow/workflow.ts"
import {
  type Axes,
  MB_PER_VCPU,
  mappingS,
  secondsPerTask,
  type StepLaw,
  tasksOf,
  transferS,
  USD_PER_GB_SECOND,
  USD_PER_INSTANCE,
  usefulProcesses,
} from "./generator.ts"

/** A platform that limits nothing but the sizes: steps never queue. */
export const OPEN_LIMITS: PlatformLimits = {
  memoryMB: { min: 128, max: 10_240, step: 1 },
  mbPerVcpu: MB_PER_VCPU,
  vcpuTotal: null,
  timeoutMs: 1e9,
  payloadBytes: { sync: 6e6, async: 1e6 },
  concurrency: { account: 1e9, keepFree: 0 },
  startsPer10s: null,
  initTimeoutMs: 10_000,
  publishMsPerVariant: 1000,
}

/** A whole problem for planners: the laws of a graph's steps as compiled spaces, without noise. */
export function problemOf(graph: Graph, laws: readonly StepLaw[], { axes, goal }: { axes: Axes; goal: Goal }): Problem {
  const spaces = new Map(graph.names.map((name, i) => [name, compiledSpace(name, laws[i]!, axes)]))
  return { workflow: workflowOf(graph, axes), goal, spaces, limits: OPEN_LIMITS }
}

function workflowOf(graph: Graph, axes: Axes): Workflow {
  const configSpace: ConfigSpace = {
    memoryMB: rangeOf(axes.memoryMB),
    instances: rangeOf(axes.instances),
    processes: rangeOf(axes.processes),
  }
  const steps: Step[] = graph.names.map((name, i) => ({
    name,
    function: name,
    after: graph.parents[i]!.map((parent) => graph.names[parent]!),
    split: { kind: "each" },
    merge: { kind: "list" },
    configSpace,
    retry: [],
    timeoutMs: OPEN_LIMITS.timeoutMs,
    tolerance: { kind: "count", count: 0 },
  }))
  const functions = Object.fromEntries(
    graph.names.map((name) => [name, { name, handler: `./${name}.ts`, threads: "single" as const }]),
  )
  return { name: "generated", functions, steps }
}

function rangeOf(values: readonly number[]): Range {
  return { min: values[0]!, max: values.at(-1)!, step: values.length > 1 ? values[1]! - values[0]! : 1 }
}

/**
 * The law as a compiled space. Transfer depends on the instances, not only on the tasks of each, so the space has one
 * entry of `tasksPerInstance` for every count of instances, equal ones too.
 */
export function compiledSpace(step: string, law: StepLaw, { memoryMB, instances, processes }: Axes): CompiledSpace {
  const counts = instances.length
  // Tasks per instance ascend, so instances descend.
  const instancesAt = (n: number): number => instances[counts - 1 - n]!
  const row = instances.at(-1)! + 1
  const download = fill(memoryMB.length * counts, (i) =>
    transferS(law, memoryMB[Math.floor(i / counts)]!, instancesAt(i % counts)),
  )
  const parts: CompiledParts = {
    mappingDelayMs: fill(counts * row, (i) => mappingS(law, instances[Math.floor(i / row)]!)),
    downloadMs: download,
    uploadMs: new Float64Array(download.length),
    computeMs: fill(memoryMB.length * processes.length * counts, (i) => {
      const rest = Math.floor(i / counts)
      const memory = memoryMB[Math.floor(rest / processes.length)]!
      const perTask = secondsPerTask(law, memory, processes[rest % processes.length]!)
      return law.fixedS + perTask * tasksOf(law, instancesAt(i % counts))
    }),
  }
  return {
    step,
    tasks: law.tasks,
    percentile: 0.5,
    modelVersion: "generated",
    memoryMB,
    instances,
    processes,
    tasksPerInstance: Array.from({ length: counts }, (_, n) => tasksOf(law, instancesAt(n))),
    tasksPerInstanceOf: Int32Array.from(instances, (_, p) => counts - 1 - p),
    ...parts,
    median: parts,
    mean: parts,
    initMs: new Float64Array(memoryMB.length),
    usdPerGbSecond: USD_PER_GB_SECOND,
    usdPerRequest: USD_PER_INSTANCE,
    billMappingDelay: true,
    maxUsefulProcesses: (memory) => usefulProcesses(memory),
  }
}

/** Seconds by index, as ms. */
function fill(length: number, seconds: (i: number) => number): Float64Array {
  return Float64Array.from({ length }, (_, i) => 1000 * seconds(i))
}
