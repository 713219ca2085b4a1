import * as layers from "@tensorflow/tfjs-layers"
import { readModel, startTensors } from "./tensors.ts"

// In init; the warming up is a few pixels, which is enough for this model.
const tf = await startTensors()
const model = await layers.loadLayersModel({
  load: async () => readModel("@upscalerjs/esrgan-slim", "models/x2/model.json"),
})
await enlarge(new Uint8Array(16 * 16 * 3), 16, 16)

/** Doubles width and height by a residual dense network (ESRGAN slim). Pixels in and out are RGB, 8 bits each. */
export async function enlarge(pixels: Uint8Array, width: number, height: number): Promise<Uint8Array> {
  const output = tf.tidy(() => {
    const image = model.predict(tf.tensor(pixels, [1, height, width, 3], "float32"))
    if (Array.isArray(image)) throw new Error("the model returned several images")
    return tf.round(tf.clipByValue(image, 0, 255))
  })
  const large = Uint8Array.from(await output.data())
  output.dispose()
  return large
}
