const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" })

/** Emoji, and the blocks that terminals draw two cells wide: Hangul, CJK, kana, full-width forms. */
const WIDE =
  /\p{Emoji_Presentation}|\p{Regional_Indicator}|\uFE0F|[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|[\u{20000}-\u{3FFFD}]/u

/** What joins the sign before it, or is not drawn at all. */
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]+$/u

/** Cells that a text takes in a terminal. */
export function displayWidth(text: string): number {
  // The usual case by far: every sign is one cell.
  if (/^[ -~]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += cellsOf(segment)
  return width
}

function cellsOf(grapheme: string): number {
  if (ZERO.test(grapheme)) return 0
  return WIDE.test(grapheme) ? 2 : 1
}

/** Cuts a text to at most `width` cells and says so with an ellipsis. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  if (width <= 0) return ""
  return `${takeCells(text, width - 1)}…`
}

/** The longest beginning that fits into `width` cells; never half a sign. */
export function takeCells(text: string, width: number): string {
  let taken = ""
  let used = 0
  for (const { segment } of segmenter.segment(text)) {
    used += cellsOf(segment)
    if (used > width) break
    taken += segment
  }
  return taken
}

/** Fills up with spaces to `width` cells. */
export function pad(text: string, width: number, align: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - displayWidth(text)))
  return align === "left" ? text + space : space + text
}

/** Lines of at most `width` cells, broken at spaces; a word that is longer than a line is broken itself. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ""
  for (const word of text.split(/\s+/).flatMap((word) => breakWord(word, Math.max(1, width)))) {
    const longer = line === "" ? word : `${line} ${word}`
    if (line !== "" && displayWidth(longer) > width) {
      lines.push(line)
      line = word
    } else {
      line = longer
    }
  }
  return line === "" && lines.length > 0 ? lines : [...lines, line]
}

function breakWord(word: string, width: number): string[] {
  const pieces: string[] = []
  let rest = word
  while (displayWidth(rest) > width) {
    const piece = takeCells(rest, width)
    // A sign wider than the line still has to go somewhere.
    const taken = piece === "" ? ([...segmenter.segment(rest)][0]?.segment ?? rest) : piece
    pieces.push(taken)
    rest = rest.slice(taken.length)
  }
  return rest === "" ? pieces : [...pieces, rest]
}
