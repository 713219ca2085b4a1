/** The colours of every figure and page, for light and dark surroundings: names of CSS custom properties. */
type Palette = Readonly<Record<string, string>>

/** Phases differ in lightness as well as in hue, so that they can be told apart without seeing colours. */
const LIGHT: Palette = {
  surface: "#ffffff",
  canvas: "#f4f6f9",
  sunken: "#eef1f5",
  line: "#dde2ea",
  grid: "#e8ecf2",
  text: "#18202f",
  muted: "#586478",
  accent: "#2353c9",
  "accent-soft": "#e6edfd",
  good: "#12734a",
  "good-soft": "#e0f4ea",
  warn: "#8a5a00",
  "warn-soft": "#fdf1d8",
  bad: "#b3261e",
  "bad-soft": "#fce6e4",
  queued: "#b3bcc9",
  start: "#f0d296",
  init: "#dd8a1c",
  download: "#3fae9e",
  compute: "#3467d6",
  upload: "#9656b5",
  predicted: "#d9e1ee",
  "predicted-line": "#8a9ab3",
  "series-1": "#3467d6",
  "series-2": "#c4561b",
  "series-3": "#1f8a70",
  "series-4": "#9656b5",
  "series-5": "#6b7588",
  "series-6": "#a8860b",
  "series-7": "#c2387f",
}

const DARK: Palette = {
  surface: "#161b24",
  canvas: "#0d1117",
  sunken: "#1d2430",
  line: "#2c3442",
  grid: "#242c39",
  text: "#e7ebf2",
  muted: "#9ba8bb",
  accent: "#8caeff",
  "accent-soft": "#1c2a4a",
  good: "#55c793",
  "good-soft": "#12301f",
  warn: "#e8b44c",
  "warn-soft": "#352809",
  bad: "#ff8f85",
  "bad-soft": "#3d1a18",
  queued: "#66728a",
  start: "#8f743c",
  init: "#f0a63a",
  download: "#3fbfac",
  compute: "#5f8dff",
  upload: "#c184e0",
  predicted: "#2b3547",
  "predicted-line": "#7f90ab",
  "series-1": "#6f99ff",
  "series-2": "#f0935a",
  "series-3": "#45c2a2",
  "series-4": "#c184e0",
  "series-5": "#93a0b5",
  "series-6": "#d9b945",
  "series-7": "#f07fb5",
}

/** Names that a figure may colour a series with, in order. */
export const SERIES_COLOURS: readonly string[] = [
  "series-1",
  "series-2",
  "series-3",
  "series-4",
  "series-5",
  "series-6",
  "series-7",
]

/** `:root` in both schemes. Put once into a page, or into an SVG that stands alone. */
export function themeCss(): string {
  return `:root{color-scheme:light dark;${declarations(LIGHT)}}@media (prefers-color-scheme:dark){:root{${declarations(DARK)}}}`
}

/** The value of a `fill` or `stroke` attribute. */
export function paintOf(colour: string): string {
  return `var(--${colour})`
}

/** Type and marks of figures; they use no property that is not in the theme. */
export const FIGURE_CSS: string = `
.figure{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-size:12px;fill:var(--text)}
.figure .muted{fill:var(--muted)}
.figure .small{font-size:11px}
.figure .strong{font-weight:600}
.figure .num{font-variant-numeric:tabular-nums}
.figure .good{fill:var(--good)}
.figure .bad{fill:var(--bad)}
`.trim()

function declarations(palette: Palette): string {
  return Object.entries(palette)
    .map(([name, value]) => `--${name}:${value}`)
    .join(";")
}
