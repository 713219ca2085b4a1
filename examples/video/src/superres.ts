import { join } from "node:path"
import * as layers from "@tensorflow/tfjs-layers"
import sharp from "sharp"
import type { DetectedFrame, Frame } from "./frames.ts"
import { readModel, startTensors } from "./tensors.ts"
import type { Context } from "../../../src/index.ts"

sharp.concurrency(1)
// In init; the warming up is a few pixels, which is enough for this model.
const tf = await startTensors()
const model = await layers.loadLayersModel({
  load: async () => readModel("@upscalerjs/esrgan-slim", "models/x2/model.json"),
})
await enlarge(new Uint8Array(16 * 16 * 3), 16, 16)

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

/** Pixels in and out are RGB, 8 bits each. */
async function enlarge(pixels: Uint8Array, width: number, height: number): Promise<Uint8Array> {
  const output = tf.tidy(() => {
    const image = model.predict(tf.tensor(pixels, [1, height, width, 3], "float32"))
    if (Array.isArray(image)) throw new Error("the model returned several images")
    return tf.round(tf.clipByValue(image, 0, 255))
  })
  const large = Uint8Array.from(await output.data())
  output.dispose()
  return large
}
