import { join } from "node:path"
import sharp from "sharp"
import { describe } from "./boxes.ts"
import { type DetectedFrame, type Detection, type Frame, LARGE } from "./frames.ts"
import { svg, textPath, textWidth } from "./glyphs.ts"
import type { Context } from "../../../src/index.ts"

/** Drawn this many times as wide and high, then scaled down. */
const OVERSAMPLE = 6
const TITLE = "Trimtab video workflow"
const CAPTION_SIZE = 13
const LABEL_SIZE = 8
const MARGIN = 10
/** Height of the band under the caption: without it interpolation drags the letters along with the picture. */
const BAND = 24

sharp.concurrency(1)

/** Writes into one keyframe: a frame and a name for each object, a caption that counts them, a title. */
export async function handler(frame: DetectedFrame, context: Context): Promise<Frame> {
  const body = frame.objects.map(marker).join("") + caption(describe(frame.objects), TITLE)
  const shadow = await sharp(svg(LARGE.width, LARGE.height, body, OVERSAMPLE))
    .recomb([
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ])
    .blur(2.5 * OVERSAMPLE)
    .resize(LARGE.width, LARGE.height)
    .png({ compressionLevel: 0 })
    .toBuffer()
  const letters = await sharp(svg(LARGE.width, LARGE.height, body, OVERSAMPLE))
    .resize(LARGE.width, LARGE.height)
    .png({ compressionLevel: 0 })
    .toBuffer()
  const path = join(context.tmpDir, `text-${frame.index}.png`)
  await sharp(frame.image.path)
    .composite([{ input: shadow }, { input: letters }])
    .removeAlpha()
    .png()
    .toFile(path)
  return { index: frame.index, atMs: frame.atMs, image: context.file(path) }
}

function caption(left: string, right: string): string {
  const base = LARGE.height - 7
  const end = LARGE.width - MARGIN - textWidth(right, CAPTION_SIZE)
  const band = `<rect y="${LARGE.height - BAND}" width="100%" height="${BAND}" fill="#14181c"/>`
  return `${band}<g fill="#fff">${textPath(left, MARGIN, base, CAPTION_SIZE)}${textPath(right, end, base, CAPTION_SIZE)}</g>`
}

function marker({ label, box }: Detection): string {
  const [x, y] = [box[0] * LARGE.width, box[1] * LARGE.height]
  const [width, height] = [box[2] * LARGE.width, box[3] * LARGE.height]
  const corner = Math.min(12, width / 3, height / 3)
  const [right, bottom] = [x + width, y + height]
  const lines =
    `M${x} ${y + corner}V${y}H${x + corner}M${right - corner} ${y}H${right}V${y + corner}` +
    `M${right} ${bottom - corner}V${bottom}H${right - corner}M${x + corner} ${bottom}H${x}V${bottom - corner}`
  const name = textPath(label, x + 3, Math.max(y, 0) + LABEL_SIZE + 2, LABEL_SIZE)
  return `<path d="${lines}" fill="none" stroke="#ffd54a" stroke-width="1.5"/><g fill="#ffd54a">${name}</g>`
}
