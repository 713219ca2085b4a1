import type { Graph } from "../../workflow/graph.ts"

/** Scenarios in which a step takes at most its slack. */
export function inTime(durations: Float64Array, slack: Float64Array): number {
  let hits = 0
  for (let s = 0; s < slack.length; s++) if (durations[s]! <= slack[s]!) hits++
  return hits
}

/** Longest time from each step's end to the end of all, by step and scenario. */
export function tailsOf({ children }: Graph, durations: readonly Float64Array[]): Float64Array[] {
  const tails = durations.map((duration) => new Float64Array(duration.length))
  for (let i = durations.length - 1; i >= 0; i--)
    for (const child of children[i]!) {
      const [own, after, time] = [tails[i]!, tails[child]!, durations[child]!]
      for (let s = 0; s < own.length; s++) own[s] = Math.max(own[s]!, time[s]! + after[s]!)
    }
  return tails
}

export interface SlackRequest {
  readonly durations: readonly Float64Array[]
  readonly tails: readonly Float64Array[]
  readonly step: number
  readonly sloMs: number
}

/** The most a step may take in each scenario; -Infinity where a path beside it is too long already. */
export function slackOf({ parents }: Graph, { durations, tails, step, sloMs }: SlackRequest): Float64Array {
  const slack = new Float64Array(durations[step]!.length).fill(Infinity)
  const ends: Float64Array[] = []
  for (const [i, duration] of durations.entries()) {
    const end = new Float64Array(slack.length)
    for (const parent of parents[i]!) {
      const before = ends[parent]!
      for (let s = 0; s < end.length; s++) if (before[s]! > end[s]!) end[s] = before[s]!
    }
    if (i === step) {
      for (let s = 0; s < slack.length; s++) slack[s] = Math.min(slack[s]!, sloMs - end[s]! - tails[i]![s]!)
      // Paths through the step are in its slack; those beside it go on.
      ends.push(end.fill(-Infinity))
      continue
    }
    for (let s = 0; s < end.length; s++) end[s]! += duration[s]!
    ends.push(end)
    for (let s = 0; s < slack.length; s++) if (end[s]! > sloMs) slack[s] = -Infinity
  }
  return slack
}
