import { join } from "node:path"
import sharp, { type Matrix3x3 } from "sharp"
import { type DetectedFrame, LARGE, type Layers } from "./frames.ts"
import { svg } from "./glyphs.ts"
import type { Context } from "../../../src/index.ts"

/** Teal shadows and warm skin: each row gives one output channel from red, green and blue. */
const GRADE: Matrix3x3 = [
  [1.1, 0.04, -0.08],
  [-0.02, 1.02, 0.02],
  [-0.06, 0.1, 0.98],
]

sharp.concurrency(1)
const vignette = svg(
  LARGE.width,
  LARGE.height,
  `<defs><radialGradient id="v" cx="50%" cy="45%" r="75%"><stop offset="55%" stop-color="#fff"/>
   <stop offset="100%" stop-color="#55504a"/></radialGradient></defs><rect width="100%" height="100%" fill="url(#v)"/>`,
)

/** Lays the watermark over the enlarged keyframe and grades the colours: local contrast, teal and orange, glow, vignette. */
export async function handler({ watermark, superres }: Layers, context: Context): Promise<DetectedFrame> {
  const raw = { ...LARGE, channels: 3 } as const
  const marked = await sharp(superres.image.path)
    .composite([{ input: watermark.overlay.path }])
    .removeAlpha()
    .raw()
    .toBuffer()
  const graded = await sharp(marked, { raw })
    .clahe({ width: 88, height: 100, maxSlope: 2 })
    .recomb(GRADE)
    .linear(1.06, -6)
    .raw()
    .toBuffer()
  const glow = await sharp(graded, { raw }).blur(6).linear(0.2, 0).png({ compressionLevel: 0 }).toBuffer()
  const path = join(context.tmpDir, `colour-${superres.index}.png`)
  await sharp(graded, { raw })
    .composite([
      { input: glow, blend: "screen" },
      { input: vignette, blend: "multiply" },
    ])
    .removeAlpha()
    .png()
    .toFile(path)
  return { index: superres.index, atMs: superres.atMs, objects: watermark.objects, image: context.file(path) }
}
