import { extent } from "d3-array"
import { scaleLinear, scaleLog } from "d3-scale"
import type { ChartAxis, ChartMark, ChartSeries } from "./curve.ts"

/** An axis with its numbers found: where a value lies, and which values are written. */
export interface PlacedAxis {
  readonly at: (value: number) => number
  readonly ticks: readonly { readonly value: number; readonly text: string }[]
}

export interface AxisData {
  readonly axis: ChartAxis
  /** Every value that must be seen. */
  readonly values: readonly number[]
  /** Pixels of the first and of the last value. */
  readonly range: readonly [number, number]
  readonly wantedTicks: number
}

/** Fits a scale to the data: linear ones begin at 0 unless the axis says otherwise, and end at a round number. */
export function placeAxis(data: AxisData): PlacedAxis {
  return data.axis.scale === "log" ? placeLog(data) : placeLinear(data)
}

function placeLinear({ axis, values, range, wantedTicks }: AxisData): PlacedAxis {
  const [least = 0, most = 1] = extent(values.filter(Number.isFinite))
  const from = axis.from ?? Math.min(0, least)
  const to = axis.to ?? (most > from ? most : from + 1)
  const scale = scaleLinear([from, to], range)
  if (axis.to === undefined) scale.nice(wantedTicks)
  return placed(scale, axis.ticks ?? scale.ticks(wantedTicks), axis.format ?? scale.tickFormat(wantedTicks))
}

/** Values of 0 and below have no place on a logarithmic axis and are left out of its extent. */
function placeLog({ axis, values, range }: AxisData): PlacedAxis {
  const [least = 1, most = 10] = extent(values.filter((value) => Number.isFinite(value) && value > 0))
  const from = axis.from ?? least
  const to = axis.to ?? (most > from ? most : 10 * from)
  // A little room, so that the first and the last point do not sit on the frame.
  const room = (to / from) ** 0.03
  const scale = scaleLog([from / room, to * room], range)
  const plain = (value: number): string => value.toLocaleString("en-US", { maximumSignificantDigits: 6 })
  return placed(scale, axis.ticks ?? roundLogValues(from / room, to * room), axis.format ?? plain)
}

/** 1, 2 and 5 of each decade. */
function roundLogValues(from: number, to: number): readonly number[] {
  const first = Math.floor(Math.log10(from))
  const decades = Array.from({ length: Math.ceil(Math.log10(to)) - first + 1 }, (_, i) => first + i)
  return decades.flatMap((decade) => [1, 2, 5].map((digit) => digit * 10 ** decade)).filter((v) => v >= from && v <= to)
}

function placed(
  at: (value: number) => number,
  values: readonly number[],
  format: (value: number) => string,
): PlacedAxis {
  return { at: (value) => at(value), ticks: values.map((value) => ({ value, text: format(value) })) }
}

/** What the two axes must hold: points, bands and marks. */
export function chartExtents(
  series: readonly ChartSeries[],
  marks: readonly ChartMark[],
): { readonly x: readonly number[]; readonly y: readonly number[] } {
  const points = series.flatMap((one) => one.points)
  const on = (axis: "x" | "y"): number[] => marks.filter((mark) => mark.axis === axis).map((mark) => mark.at)
  return {
    x: [...points.map((point) => point.x), ...on("x")],
    y: [...points.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y]), ...on("y")],
  }
}
