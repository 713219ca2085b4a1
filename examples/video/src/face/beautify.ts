import { join } from "node:path"
import sharp from "sharp"
import type { Context } from "../../../../src/index.ts"
import { bilateral } from "./bilateral.ts"
import type { Picture } from "./picture.ts"

/** Width in which skin is smoothed, pixels. */
const WIDTH = 400

sharp.concurrency(1)
bilateral(new Uint8Array(64 * 64 * 3), 64, 64)

/** Smooths skin and keeps edges, by a bilateral filter. */
export async function handler({ image }: Picture, context: Context): Promise<Picture> {
  const { data, info } = await sharp(image.path).resize(WIDTH).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const { width, height } = info
  const smooth = bilateral(data, width, height)
  const path = join(context.tmpDir, "beautiful.png")
  await sharp(smooth, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 3 })
    .toFile(path)
  return { image: context.file(path) }
}
