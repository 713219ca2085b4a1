import { loadGraphModel } from "@tensorflow/tfjs-converter"
import sharp from "sharp"
import { distinctObjects } from "./boxes.ts"
import type { DetectedFrame, Detection, Frame } from "./frames.ts"
import { COCO_LABELS } from "./labels.ts"
import { readModel, startTensors } from "./tensors.ts"
import type { Context } from "../../../src/index.ts"
import { passOn, type PassedFile } from "./files.ts"

/** Side of the detector's square input, pixels. */
const SIDE = 512
/** Rows of the detector's output: left, top, right, bottom, score, class. */
const ROW = 6

sharp.concurrency(1)
// In init, with one picture for warming up: the first one takes twice as long, while WebAssembly is being optimised.
const tf = await startTensors()
const model = await loadGraphModel({ load: async () => readModel("@vladmandic/human", "models/centernet.json") })
await detect(new Uint8Array(SIDE * SIDE * 3))

/** Finds the objects in one keyframe: CenterNet on MobileNet v3, trained on COCO. */
export async function handler(frame: Frame, context: Context): Promise<DetectedFrame<PassedFile>> {
  const pixels = await sharp(frame.image.path).resize(SIDE, SIDE, { fit: "fill" }).removeAlpha().raw().toBuffer()
  const objects = distinctObjects(await detect(pixels))
  context.log(`frame ${frame.index}: ${objects.length} objects`)
  return { index: frame.index, atMs: frame.atMs, image: passOn(frame.image), objects }
}

async function detect(pixels: Uint8Array): Promise<Detection[]> {
  const output = tf.tidy(() => model.execute(tf.tensor(pixels, [1, SIDE, SIDE, 3], "float32"), "tower_0/detections"))
  if (Array.isArray(output)) throw new Error("the detector returned several outputs")
  const rows = await output.data()
  output.dispose()
  return Array.from({ length: rows.length / ROW }, (_, row) => detection(rows.subarray(row * ROW, (row + 1) * ROW)))
}

function detection(row: ArrayLike<number>): Detection {
  const [left, top, right, bottom] = [0, 1, 2, 3].map((at) => Math.min(1, Math.max(0, (row[at] ?? 0) / SIDE)))
  const box = [left!, top!, right! - left!, bottom! - top!].map((share) => round(share, 4))
  return {
    label: COCO_LABELS[row[5] ?? -1] ?? "unknown",
    score: round(row[4] ?? 0, 2),
    box: [box[0]!, box[1]!, box[2]!, box[3]!],
  }
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
