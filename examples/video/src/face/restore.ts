import { join } from "node:path"
import sharp from "sharp"
import type { Context } from "../../../../src/index.ts"
import type { Picture } from "./picture.ts"

/** Width of the restored picture, pixels. */
const WIDTH = 560

sharp.concurrency(1)

/** Restores a noisy picture: a median against the noise, then local sharpening of what it softened. */
export async function handler({ image }: Picture, context: Context): Promise<Picture> {
  const path = join(context.tmpDir, "restored.png")
  await sharp(image.path)
    .resize(WIDTH)
    .median(5)
    .sharpen({ sigma: 1.2, m1: 0.5, m2: 2 })
    .png({ compressionLevel: 3 })
    .toFile(path)
  return { image: context.file(path) }
}
