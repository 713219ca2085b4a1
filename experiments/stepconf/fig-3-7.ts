import transfers from "../../bench/estimation/data/store-transfers.json" with { type: "json" }
import { mean, median, type PresetName, sampleQuantile } from "../../src/index.ts"
import { type ChartSeries, curveChart } from "../../src/report/curve.ts"
import type { Experiment, ExperimentContext } from "../experiment.ts"
import { findingsOfParts, type Part } from "../part.ts"
import { measuredLaw } from "../workflows/step-laws.ts"
import { gridCells } from "./measured-grid.ts"
import { measured } from "./one-function.ts"

const SIZE = { width: 470, height: 330 }

/** StepConf, Fig. 3 to 7: the measurements that its models rest on. */
export const fig3To7: Experiment = {
  name: "stepconf-fig-3-7",
  of: "StepConf, Fig. 3 to 7: mapping delay, parallelism, several cores, transfers",
  run: async (context) => {
    const parts = [
      await mappingDelays(context),
      await parallelism(context, "instances"),
      await parallelism(context, "processes"),
      severalCores(),
      await downloads(context),
    ]
    return findingsOfParts(parts, {
      id: "stepconf-fig-3-7",
      title: "StepConf, Fig. 3 to 7",
      notes: [
        "Fig. 3 to 5 and the lines of Fig. 7 on simulated platforms, Fig. 6 on the local platform, the dots of Fig. 7 from S3.",
      ],
    })
  },
}

const PLATFORMS: readonly PresetName[] = ["lambda-step-functions", "lambda", "knative"]

/** Fig. 3: until the last of so many cold instances runs, by how long the function takes. */
async function mappingDelays({ size, progress }: ExperimentContext): Promise<Part> {
  progress("mapping delays")
  const counts = size === "smoke" ? [1, 4] : [1, 5, 10, 20, 30, 40, 50, 60]
  const durations = [200, 5000]
  const rows: { platform: PresetName; taskMs: number; instances: number; mappingMs: number }[] = []
  for (const platform of PLATFORMS)
    for (const taskMs of durations)
      for (const instances of counts) {
        const config = { memoryMB: 1024, instances, processes: 1 }
        const runs = size === "smoke" ? 2 : 10
        const steps = await measured({
          platform,
          law: { taskMs },
          config,
          tasks: instances,
          runs,
          thinkMs: 2e7,
          seed: 3,
        })
        rows.push({ platform, taskMs, instances, mappingMs: median(steps.map((step) => step.mappingDelayMs)) })
      }
  const at = (platform: PresetName, instances: number): number =>
    rows.find((row) => row.platform === platform && row.instances === instances)?.mappingMs ?? Number.NaN
  const [few, many] = [counts.findLast((count) => count <= 30)!, counts.at(-1)!]
  return {
    rows: rows.map((row) => ({ table: "StepConf fig. 3", ...row, mappingMs: Math.round(row.mappingMs) })),
    claim: {
      claim: `Fig. 3: mapping delay is small below 30 instances and rises fast above 40`,
      paper: "no number",
      ours: PLATFORMS.map(
        (platform) => `${platform} ${seconds(at(platform, few))} at ${few}, ${seconds(at(platform, many))} at ${many}`,
      ).join("; "),
    },
    charts: [
      {
        heading: "Fig. 3: mapping delay, all instances cold",
        ...SIZE,
        chart: curveChart({
          id: "fig-3",
          title: "Mapping delay over instances",
          description: "Medians of ten executions by platform and duration of the function.",
          ...SIZE,
          x: { label: "instances" },
          y: { label: "mapping delay, s", from: 0 },
          series: PLATFORMS.flatMap((platform) =>
            durations.map((taskMs): ChartSeries => ({
              name: `${platform}, ${seconds(taskMs)}`,
              points: rows
                .filter((row) => row.platform === platform && row.taskMs === taskMs)
                .map((row) => ({ x: row.instances, y: row.mappingMs / 1000 })),
            })),
          ),
          marks: [{ axis: "x", at: 40, label: "paper: fast from here", tone: "muted" }],
        }),
      },
    ],
  }
}

/** Fig. 4 and 5: duration of a step of single-thread code over memory and one kind of parallelism. */
async function parallelism({ size, progress }: ExperimentContext, knob: "instances" | "processes"): Promise<Part> {
  progress(`duration by ${knob}`)
  const counts = knob === "instances" ? [1, 4, 16, 48] : [1, 2, 4, 6]
  const memories = size === "smoke" ? [1024, 2048] : [512, 1024, 2048, 4096, 6144, 10_240]
  const tasks = 48
  const law = measuredLaw("medium")
  const rows: { memoryMB: number; count: number; durationMs: number }[] = []
  for (const count of counts)
    for (const memoryMB of memories) {
      const config = { memoryMB, instances: 1, processes: 1, [knob]: count }
      const runs = size === "smoke" ? 2 : 6
      const steps = await measured({ platform: "lambda", law, config, tasks, runs, thinkMs: 2e7, seed: 4 })
      rows.push({ memoryMB, count, durationMs: mean(steps.map((step) => step.measuredMs)) })
    }
  const at = (count: number, memoryMB: number): number =>
    rows.find((row) => row.count === count && row.memoryMB === memoryMB)?.durationMs ?? Number.NaN
  const [small, large] = [memories.find((mb) => mb >= 1024)!, memories.at(-1)!]
  const most = counts.at(-1)!
  const gain = (memoryMB: number): string => (at(1, memoryMB) / at(most, memoryMB)).toFixed(1)
  const number = knob === "instances" ? 4 : 5
  return {
    rows: rows.map((row) => ({ table: `StepConf fig. ${number}`, ...row, durationMs: Math.round(row.durationMs) })),
    claim: {
      claim:
        knob === "instances"
          ? "Fig. 4: more instances shorten a step, ever less"
          : "Fig. 5: processes pay once there are vCPUs for them",
      paper: "no number",
      ours: `${most} ${knob} instead of 1: ${gain(small)} times faster at ${small} MB, ${gain(large)} times at ${large} MB`,
    },
    charts: [
      {
        heading: `Fig. ${number}: duration of a step by ${knob}`,
        ...SIZE,
        chart: curveChart({
          id: `fig-${number}`,
          title: `Duration by memory and ${knob}`,
          description: "Mean duration of a step of 48 single-thread tasks on simulated AWS Lambda, cold.",
          ...SIZE,
          x: { label: "memory, MB", scale: "log", ticks: [512, 1024, 2048, 4096, 10_240] },
          y: { label: "duration, s", scale: "log" },
          series: counts.map((count) => ({
            name: `${count} ${knob}`,
            look: "line and points" as const,
            points: rows
              .filter((row) => row.count === count)
              .map((row) => ({ x: row.memoryMB, y: row.durationMs / 1000 })),
          })),
          marks: [{ axis: "x", at: 1769, label: "one vCPU", tone: "muted" }],
        }),
      },
    ],
  }
}

/** Fig. 6: is-prime whose work uses all cores to a share, as it was measured on the local platform. */
function severalCores(): Part {
  const programs = [
    { program: "single-q1", name: "none of the work" },
    { program: "multi-r50", name: "half of it" },
    { program: "multi-r90", name: "nine tenths" },
    { program: "multi-r100", name: "all of it" },
  ]
  const cells = gridCells().filter(({ tasks }) => tasks === 80)
  const of = (program: string, memoryMB: number): number =>
    cells.find((cell) => cell.program === program && cell.memoryMB === memoryMB)?.computeMs ?? Number.NaN
  const fall = (program: string): string => (of(program, 2048) / of(program, 8192)).toFixed(1)
  return {
    rows: cells.map(({ program, memoryMB, computeMs }) => ({ table: "StepConf fig. 6", program, memoryMB, computeMs })),
    claim: {
      claim: "Fig. 6: single-thread code stops gaining at one vCPU, multi-core code falls in proportion",
      paper: "no number",
      ours: `from 2,048 to 8,192 MB: ${programs.map(({ program, name }) => `${name} on all cores ${fall(program)} times faster`).join(", ")}`,
    },
    charts: [
      {
        heading: "Fig. 6: share of the work that uses all cores",
        ...SIZE,
        chart: curveChart({
          id: "fig-6",
          title: "Compute by memory and share of multi-core work",
          description: "Medians of is-prime over 80 tasks on the local platform.",
          ...SIZE,
          x: { label: "memory, MB", scale: "log", ticks: [512, 1024, 2048, 4096, 10_240] },
          y: { label: "compute, s", scale: "log" },
          series: programs.map(({ program, name }) => ({
            name,
            look: "line and points" as const,
            points: cells
              .filter((cell) => cell.program === program)
              .map((cell) => ({ x: cell.memoryMB, y: cell.computeMs / 1000 }))
              .toSorted((a, b) => a.x - b.x),
          })),
          marks: [{ axis: "x", at: 1769, label: "one vCPU", tone: "muted" }],
        }),
      },
    ],
  }
}

/** Fig. 7: how download times of one object spread, by its size. */
async function downloads({ size, progress }: ExperimentContext): Promise<Part> {
  progress("downloads")
  const sizesMB = [0.1, 1, 10, 100]
  const rows: { sizeMB: number; ratio: number; ms: readonly number[] }[] = []
  for (const sizeMB of sizesMB) {
    const law = { taskMs: 1, objectsPerTask: 1, downloadBytesPerTask: sizeMB * 1e6 }
    const config = { memoryMB: 2048, instances: 1, processes: 1 }
    const runs = size === "smoke" ? 5 : 400
    const steps = await measured({ platform: "lambda", law, config, tasks: 1, runs, thinkMs: 0, seed: 7 })
    const ms = steps.map((step) => step.downloadMs).toSorted((a, b) => a - b)
    rows.push({ sizeMB, ms, ratio: ms.at(-1)! / ms[0]! })
  }
  const real = transfers.times["aws_s3 write"].toSorted((a, b) => a - b)
  const cdf = (ms: readonly number[]): { x: number; y: number }[] =>
    [0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1].map((p) => ({
      x: sampleQuantile(ms, p) / sampleQuantile(ms, 0.5),
      y: p,
    }))
  return {
    rows: rows.map(({ sizeMB, ratio, ms }) => ({
      table: "StepConf fig. 7",
      sizeMB,
      p50Ms: Math.round(sampleQuantile(ms, 0.5)),
      p99Ms: Math.round(sampleQuantile(ms, 0.99)),
      slowestOverFastest: Number(ratio.toFixed(1)),
    })),
    claim: {
      claim: "Fig. 7: the slowest download takes several times the fastest",
      paper: "several times",
      ours: `${rows.map(({ sizeMB, ratio }) => `${sizeMB} MB ${ratio.toFixed(1)} times`).join(", ")}; 512 MiB written to S3 by 100 functions ${(real.at(-1)! / real[0]!).toFixed(1)} times`,
    },
    charts: [
      {
        heading: "Fig. 7: transfers of one object",
        ...SIZE,
        chart: curveChart({
          id: "fig-7",
          title: "Distribution of transfer times",
          description: "Cumulative shares over the time divided by its median.",
          ...SIZE,
          x: { label: "time over its median", scale: "log" },
          y: { label: "share of transfers", from: 0, to: 1 },
          series: [
            ...rows.map(({ sizeMB, ms }) => ({ name: `${sizeMB} MB, simulated`, points: cdf(ms) })),
            { name: "512 MiB, S3, written", look: "points" as const, colour: "text", points: cdf(real) },
          ],
        }),
      },
    ],
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
