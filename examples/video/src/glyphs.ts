import opentype from "opentype.js"
import { packageFile, readBuffer } from "./assets.ts"

const font = opentype.parse(readBuffer(packageFile("@fontsource/lato", "files/lato-latin-700-normal.woff")))

/**
 * Text as an SVG path in Lato Bold, so that it looks the same on a machine without fonts. `y` is the base line,
 * `size` in pixels.
 */
export function textPath(text: string, x: number, y: number, size: number): string {
  return `<path d="${font.getPath(text, x, y, size).toPathData(2)}"/>`
}

/** Width of the text, pixels. */
export function textWidth(text: string, size: number): number {
  return font.getAdvanceWidth(text, size)
}

/** An SVG document; `oversample` draws each pixel that many times wide for smooth edges after scaling down. */
export function svg(width: number, height: number, body: string, oversample = 1): Buffer {
  const size = `width="${width * oversample}" height="${height * oversample}" viewBox="0 0 ${width} ${height}"`
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" ${size}>${body}</svg>`)
}
