import { mean, sampleQuantile } from "../../src/index.ts"
import { curveChart } from "../../src/report/curve.ts"
import { type Box, groupChart } from "../../src/report/group-chart.ts"
import type { Experiment, ExperimentContext } from "../experiment.ts"
import { findingsOfParts, type Part } from "../part.ts"
import { measured } from "../stepconf/one-function.ts"
import { type LawName, measuredLaw } from "../workflows/step-laws.ts"
import { autoclip } from "../workflows/navigator-pipelines.ts"
import { type Pipeline, pipelineOf } from "./pipeline.ts"

const SIZE = { width: 470, height: 330 }

/** Section 2.2. */
const PAPER = { distortionPct: 213.08, jumpPct: [14.75, 38.02] as const }

/** Seven functions of video processing, 100 times each (section 2.2). */
const FUNCTIONS: readonly LawName[] = ["pull", "face-detection", "beautify", "restore", "hd", "detect", "text"]
const MEMORY_MB = 1024
/** A controlled change: a package with libraries in it. */
const HEAVY_MB = 14
/** Tasks of a call: the keyframes of a clip of five seconds. */
const KEYFRAMES = 10

/** ConfigNavigator, Fig. 1 to 3: what makes measuring and searching hard. */
export const fig1To3: Experiment = {
  name: "confignavigator-fig-1-3",
  of: "ConfigNavigator, Fig. 1 to 3 (section 2.2): noise of measurements, good configurations in clusters",
  run: async (context) => {
    const noise = await coldAndSteady(context)
    const pipeline = await pipelineOf(autoclip)
    const clusters = penalised(pipeline)
    const stairs = alongMemory(pipeline)
    const parts = [noise, clusters, stairs]
    return findingsOfParts(parts, {
      id: "confignavigator-fig-1-3",
      title: "ConfigNavigator, Fig. 1 to 3",
      notes: [
        "Simulated platform lambda. Fig. 1: seven functions, 100 times each; Fig. 2: sizes of two of the functions of a branch and a sequence, the third at its best; Fig. 3: one size of all.",
        `The paper: up to ${PAPER.distortionPct} % of distortion by cold starts; jumps of ${PAPER.jumpPct.join(" to ")} % between neighbouring good regions.`,
      ],
    })
  },
}

/** Fig. 1: times of seven functions where every call is cold, and where none but the first is. */
async function coldAndSteady({ size, progress }: ExperimentContext): Promise<Part> {
  const runs = size === "smoke" ? 5 : 100
  const rows: { name: LawName; cold: Box; steady: Box; distortionPct: number; heavyPct: number }[] = []
  for (const name of size === "smoke" ? FUNCTIONS.slice(0, 2) : FUNCTIONS) {
    progress(`measuring ${name}`)
    const law = measuredLaw(name)
    const times = async (thinkMs: number, packageMB = law.packageMB): Promise<number[]> => {
      const config = { memoryMB: MEMORY_MB, instances: 1, processes: 1 }
      const steps = await measured({
        platform: "lambda",
        law: { ...law, packageMB, taskMs: KEYFRAMES * law.taskMs },
        config,
        tasks: 1,
        runs,
        thinkMs,
        seed: 12,
      })
      return steps.map((step) => step.measuredMs)
    }
    const cold = await times(2e7)
    const steady = (await times(0)).slice(1)
    const distortion = (some: readonly number[]): number => Math.round(1000 * (mean([...some]) / mean(steady) - 1)) / 10
    const heavyPct = distortion(await times(2e7, HEAVY_MB))
    rows.push({ name, cold: boxOf(cold), steady: boxOf(steady), distortionPct: distortion(cold), heavyPct })
  }
  const worst = Math.max(...rows.map(({ distortionPct }) => distortionPct))
  const heavy = Math.max(...rows.map(({ heavyPct }) => heavyPct))
  return {
    rows: rows.map(({ name, distortionPct, heavyPct }) => ({
      table: "ConfigNavigator fig. 1",
      function: name,
      distortionPct,
      heavyPct,
    })),
    claim: {
      claim: "Fig. 1: cold starts distort measurements, up to",
      paper: `${PAPER.distortionPct} %`,
      ours: `${worst} % with packages of 1 MB, ${heavy} % with packages of ${HEAVY_MB} MB (1 MB: ${rows.map(({ name, distortionPct }) => `${name} ${distortionPct} %`).join(", ")})`,
    },
    charts: [
      {
        heading: "Fig. 1: steady and unsteady measurement",
        ...SIZE,
        width: 560,
        chart: groupChart({
          id: "cn-fig-1",
          title: "Times measured cold and warm",
          description: "Boxes of 100 calls of each function at 1,024 MB, all cold and all warm.",
          ...SIZE,
          width: 560,
          groups: rows.map(({ name }) => name),
          series: [
            { name: "every call cold", values: rows.map(({ cold }) => cold) },
            { name: "warm", values: rows.map(({ steady }) => steady) },
          ],
          y: { label: "time of a call, s", from: 0 },
        }),
      },
    ],
  }
}

function boxOf(ms: readonly number[]): Box {
  const at = (p: number): number => sampleQuantile(ms, p) / 1000
  return { low: at(0.01), q1: at(0.25), middle: at(0.5), q3: at(0.75), high: at(0.99) }
}

interface Triple {
  readonly name: string
  readonly steps: readonly [string, string, string]
  readonly latency: (ms: readonly [number, number, number]) => number
}

const TRIPLES: readonly Triple[] = [
  { name: "branch", steps: ["border", "face", "object"], latency: (ms) => Math.max(...ms) },
  { name: "sequence", steps: ["scale", "face", "crop"], latency: ([a, b, c]) => a + b + c },
]

/** Beyond its bound a configuration is counted as slower by this factor of what it costs too much (our choice). */
const PENALTY = 4
const BOUND_PCT = 50

/** Fig. 2: times over the sizes of three functions, with a penalty beyond the bound: how large good regions are. */
function penalised(pipeline: Pipeline): Part {
  const found = TRIPLES.map((triple) => ({ triple, ...regionsOf(pipeline, triple) }))
  return {
    rows: found.map(({ triple, shareGoodPct, clusters, jumpPct }) => ({
      table: "ConfigNavigator fig. 2",
      triple: triple.name,
      shareGoodPct,
      clusters,
      jumpPct,
    })),
    claim: {
      claim: "Fig. 2: good configurations form small, separate clusters; from one to the next time jumps by",
      paper: `${PAPER.jumpPct.join(" to ")} %`,
      ours: found
        .map(
          ({ triple, shareGoodPct, clusters, jumpPct }) =>
            `${triple.name}: ${shareGoodPct} % of configurations within 5 % of the best, in ${clusters} ${clusters === 1 ? "cluster" : "clusters"}; between neighbours of a good one time changes by up to ${jumpPct} %`,
        )
        .join("; "),
    },
    charts: found.map(({ triple, lines }) => ({
      heading: `Fig. 2: ${triple.name} of ${triple.steps.join(", ")}`,
      ...SIZE,
      chart: curveChart({
        id: `cn-fig-2-${triple.name}`,
        title: `Penalised time of a ${triple.name}`,
        description: "Time with a penalty beyond the bound, over the size of the second function by that of the first.",
        ...SIZE,
        x: { label: `memory of ${triple.steps[1]}, MB` },
        y: { label: "time with penalty, s", from: 0 },
        series: lines,
      }),
    })),
  }
}

interface Regions {
  readonly shareGoodPct: number
  readonly clusters: number
  readonly jumpPct: number
  readonly lines: readonly { readonly name: string; readonly points: readonly { x: number; y: number }[] }[]
}

function regionsOf({ space }: Pipeline, { steps, latency }: Triple): Regions {
  const options = steps.map((name) => space.steps[space.graph.indexOf.get(name)!]!)
  const cheapest = options.reduce((sum, { costUsd }) => sum + Math.min(...costUsd), 0)
  const bound = cheapest * (1 + BOUND_PCT / 100)
  const [n0, n1, n2] = options.map(({ costUsd }) => costUsd.length) as [number, number, number]
  const at = (i: number, j: number, k: number): number => {
    const selection = [i, j, k]
    const ms = options.map((one, s) => one.latencyMs[selection[s]!]!) as [number, number, number]
    const costUsd = options.reduce((sum, one, s) => sum + one.costUsd[selection[s]!]!, 0)
    return latency(ms) * (1 + PENALTY * Math.max(0, costUsd / bound - 1))
  }
  const values = new Float64Array(n0 * n1 * n2).map((_, v) =>
    at(Math.floor(v / (n1 * n2)), Math.floor(v / n2) % n1, v % n2),
  )
  const best = values.reduce((a, b) => Math.min(a, b))
  const good = values.map((value) => (value <= 1.05 * best ? 1 : 0))
  const shape = [n0, n1, n2] as const
  const third = options[2]!.latencyMs.indexOf(options[2]!.latencyMs.reduce((a, b) => Math.min(a, b)))
  const bestThird = values.indexOf(best) % n2
  const shown = [0.1, 0.3, 0.6, 0.95].map((share) => Math.round(share * (n0 - 1)))
  return {
    shareGoodPct: Math.round((1000 * good.reduce((a, b) => a + b, 0)) / values.length) / 10,
    clusters: clustersOf(good, shape),
    jumpPct: largestJump(values, good, shape),
    lines: shown.map((i) => ({
      name: `${steps[0]} ${options[0]!.configs[i]!.memoryMB} MB`,
      points: Array.from({ length: n1 }, (_, j) => ({
        x: options[1]!.configs[j]!.memoryMB,
        y: at(i, j, Number.isNaN(bestThird) ? third : bestThird) / 1000,
      })),
    })),
  }
}

type Shape = readonly [number, number, number]

function neighboursOf(v: number, [n0, n1, n2]: Shape): number[] {
  const [i, j, k] = [Math.floor(v / (n1 * n2)), Math.floor(v / n2) % n1, v % n2]
  return [
    ...(i > 0 ? [v - n1 * n2] : []),
    ...(i < n0 - 1 ? [v + n1 * n2] : []),
    ...(j > 0 ? [v - n2] : []),
    ...(j < n1 - 1 ? [v + n2] : []),
    ...(k > 0 ? [v - 1] : []),
    ...(k < n2 - 1 ? [v + 1] : []),
  ]
}

/** Parts of the good configurations that no step of one size connects. */
function clustersOf(good: Float64Array, shape: Shape): number {
  const left = new Set([...good.keys()].filter((v) => good[v] === 1))
  let clusters = 0
  for (const first of left) {
    clusters++
    const stack = [first]
    for (let v = stack.pop(); v !== undefined; v = stack.pop())
      if (left.delete(v)) stack.push(...neighboursOf(v, shape))
  }
  return clusters
}

/** Largest change of the time from a good configuration to the next size of one function, %. */
function largestJump(values: Float64Array, good: Float64Array, shape: Shape): number {
  let most = 0
  for (const [v, isGood] of good.entries())
    if (isGood === 1)
      for (const w of neighboursOf(v, shape)) most = Math.max(most, Math.abs(values[w]! / values[v]! - 1))
  return Math.round(10_000 * most) / 100
}

/** Fig. 3: end-to-end time over one size of all functions: stairs where work is short, a curve where it is long. */
function alongMemory({ space, name }: Pipeline): Part {
  const paths = {
    branches: ["border", "face", "object"],
    sequence: ["decode", "scale", "face", "fuse", "crop", "encode"],
  }
  const sizes = space.steps[0]!.configs.map(({ memoryMB }) => memoryMB)
  const ms = (step: string, memoryMB: number): number => {
    const { configs, latencyMs } = space.steps[space.graph.indexOf.get(step)!]!
    const i = configs.findIndex((config) => config.memoryMB === memoryMB)
    return i < 0 ? Number.NaN : latencyMs[i]!
  }
  const lines = [
    {
      name: "three branches, the slowest",
      of: (mb: number) => Math.max(...paths.branches.map((step) => ms(step, mb))),
    },
    { name: "six functions in a row", of: (mb: number) => paths.sequence.reduce((sum, step) => sum + ms(step, mb), 0) },
  ].map(({ name: line, of }) => ({
    name: line,
    points: sizes.map((mb) => ({ x: mb, y: of(mb) / 1000 })).filter(({ y }) => Number.isFinite(y)),
  }))
  const total = (32 ** 4).toLocaleString("en-US")
  return {
    rows: lines.map(({ name: line, points }) => ({ table: "ConfigNavigator fig. 3", pipeline: name, line, points })),
    claim: {
      claim: "Section 2: four functions of 32 sizes have over a million configurations",
      paper: "over 1 million",
      ours: total,
    },
    charts: [
      {
        heading: "Fig. 3: end-to-end time over one size of all",
        ...SIZE,
        chart: curveChart({
          id: "cn-fig-3",
          title: "Time over memory",
          description: "End-to-end time where all functions have the same size.",
          ...SIZE,
          x: { label: "memory of all functions, MB" },
          y: { label: "time, s", from: 0 },
          series: lines,
        }),
      },
    ],
  }
}
