import { scaleLinear } from "d3-scale"

export interface TimeTick {
  readonly atMs: number
  readonly text: string
}

/** Round instants in [0, endMs] with texts of one unit: `0`, `5 s`, `10 s` or `0`, `200 ms`, `400 ms`. */
export function timeTicks(endMs: number, wanted: number): readonly TimeTick[] {
  const unit = unitFor(endMs)
  const scale = scaleLinear().domain([0, Math.max(endMs, 1e-3) / unit.ms])
  const ticks = scale.ticks(wanted)
  const format = scale.tickFormat(wanted)
  return ticks.map((tick) => ({ atMs: tick * unit.ms, text: tick === 0 ? "0" : `${format(tick)} ${unit.name}` }))
}

function unitFor(endMs: number): { readonly ms: number; readonly name: string } {
  if (endMs < 3000) return { ms: 1, name: "ms" }
  if (endMs < 300_000) return { ms: 1000, name: "s" }
  return endMs < 3 * 3_600_000 ? { ms: 60_000, name: "min" } : { ms: 3_600_000, name: "h" }
}
