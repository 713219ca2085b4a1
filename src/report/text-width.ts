import { displayWidth, takeCells } from "./display-width.ts"

/** Advance of a sign over the font size in a system sans-serif, by how wide it is; a little on the wide side. */
const NARROW = /[iljtfrI.,:;'|!()[\] /-]/
const WIDE_LETTER = /[mwMW%@×≥—…]/
const CAPITAL = /[A-Z&]/

/** Roughly how wide a text will be, px: figures are laid out where no font can be asked. */
export function textWidth(text: string, fontPx = 12): number {
  let ems = 0
  for (const sign of text) ems += emsOf(sign)
  return ems * fontPx
}

/** Cuts a text so that it stays within `widthPx`, and says so with an ellipsis. */
export function fitText(text: string, widthPx: number, fontPx = 12): string {
  if (textWidth(text, fontPx) <= widthPx) return text
  let cells = displayWidth(text)
  let cut = text
  while (cells > 0 && textWidth(`${cut}…`, fontPx) > widthPx) {
    cells -= 1
    cut = takeCells(text, cells)
  }
  return `${cut.trimEnd()}…`
}

function emsOf(sign: string): number {
  if (displayWidth(sign) === 2) return 1.1
  if (NARROW.test(sign)) return 0.36
  if (WIDE_LETTER.test(sign)) return 0.92
  return CAPITAL.test(sign) ? 0.7 : 0.61
}
