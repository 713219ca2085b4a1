import type { ChartSeries } from "./curve.ts"
import { h } from "./h.ts"
import type { VNode } from "./h.ts"
import { label, round } from "./svg.ts"
import { textWidth } from "./text-width.ts"
import { paintOf } from "./theme.ts"

/** Height of a line of the legend, px. */
const ROW = 22

/** Where each name of the legend stands: a line is begun anew when the name would not fit. */
function legendPlaces(series: readonly ChartSeries[], width: number): readonly { x: number; row: number }[] {
  let x = 8
  let row = 0
  return series.map(({ name }) => {
    const needed = 18 + textWidth(name)
    if (x > 8 && x + needed > width - 8) {
      x = 8
      row += 1
    }
    const place = { x, row }
    x += needed + 18
    return place
  })
}

/** Height of the whole legend, px. */
export function legendHeight(series: readonly ChartSeries[], width: number): number {
  return ROW * (1 + (legendPlaces(series, width).at(-1)?.row ?? 0))
}

/** The names of the series with their colours, in as many lines as they need. */
export function curveLegend(
  series: readonly ChartSeries[],
  look: { readonly colours: readonly string[]; readonly width: number },
): VNode {
  const entries = legendPlaces(series, look.width).flatMap(({ x, row }, i) => [
    h("rect", {
      x: round(x),
      y: 6 + ROW * row,
      width: 12,
      height: 12,
      rx: 3,
      fill: paintOf(look.colours[i] ?? "text"),
    }),
    label(x + 18, 16 + ROW * row, series[i]?.name ?? ""),
  ])
  return h("g", {}, ...entries)
}
