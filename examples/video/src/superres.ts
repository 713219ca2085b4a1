import { join } from "node:path"
import sharp from "sharp"
import { enlarge } from "./esrgan.ts"
import type { DetectedFrame, Frame } from "./frames.ts"
import type { Context } from "../../../src/index.ts"

sharp.concurrency(1)

/** Doubles width and height of one keyframe by a residual dense network (ESRGAN slim). */
export async function handler(frame: DetectedFrame, context: Context): Promise<Frame> {
  const { data, info } = await sharp(frame.image.path).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const pixels = await enlarge(data, info.width, info.height)
  const enlarged = join(context.tmpDir, `large-${frame.index}.png`)
  await sharp(pixels, { raw: { width: info.width * 2, height: info.height * 2, channels: 3 } })
    .png()
    .toFile(enlarged)
  return { index: frame.index, atMs: frame.atMs, image: context.file(enlarged) }
}
