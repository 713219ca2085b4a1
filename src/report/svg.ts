import { h, renderElement } from "./h.ts"
import type { Child, VNode } from "./h.ts"
import { FIGURE_CSS, themeCss } from "./theme.ts"

export interface FigureOptions {
  /** Unique in the page: the title and the description hang on it. */
  readonly id: string
  /** What a screen reader calls the figure. */
  readonly title: string
  /** What it shows, in a sentence or two, for those who cannot see it. */
  readonly description: string
  readonly width: number
  readonly height: number
}

/** An SVG of fixed size whose colours come from the theme of the page. */
export function figure(options: FigureOptions, ...children: readonly Child[]): VNode {
  const { width, height } = options
  const id = options.id.replaceAll(/[^\w-]/g, "-")
  return h(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      class: "figure",
      role: "img",
      "aria-labelledby": `${id}-title ${id}-description`,
      viewBox: `0 0 ${round(width)} ${round(height)}`,
      width: round(width),
      height: round(height),
    },
    h("title", { id: `${id}-title` }, options.title),
    h("desc", { id: `${id}-description` }, options.description),
    ...children,
  )
}

/** The figure as a file of its own: SVG text with the theme inside. */
export function standaloneSvg(svg: VNode): string {
  const text = renderElement(svg)
  const end = text.indexOf(">") + 1
  return `${text.slice(0, end)}<style>${themeCss()}${FIGURE_CSS}</style>${text.slice(end)}`
}

/** A text in a figure; `attributes` may hold class, anchor and so on. */
export function label(
  x: number,
  y: number,
  content: string,
  attributes: Readonly<Record<string, string | number>> = {},
): VNode {
  return h("text", { x: round(x), y: round(y), ...attributes }, content)
}

/** Coordinates to a hundredth of a pixel: half the file size, no visible difference. */
export function round(value: number): number {
  return Math.round(value * 100) / 100
}
