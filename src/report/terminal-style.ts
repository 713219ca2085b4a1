/** What a text means; how it looks is the terminal's affair. */
export type Style = "strong" | "faint" | "good" | "bad" | "warn"

/** Colours a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string

/** SGR codes: bold, dim, green, red, yellow of the terminal's own palette. */
const CODES: Readonly<Record<Style, number>> = { strong: 1, faint: 2, good: 32, bad: 31, warn: 33 }

const plain: Paint = (_, text) => text

const coloured: Paint = (style, text) => {
  // Spaces around stay outside, so that lines can be trimmed.
  const inner = text.trim()
  return inner === "" ? text : text.replace(inner, () => `\u001b[${CODES[style]}m${inner}\u001b[0m`)
}

/** Whether a terminal wants colour is for the caller to find out; reports only obey. */
export function terminalPaint(options: { readonly color: boolean }): Paint {
  return options.color ? coloured : plain
}
