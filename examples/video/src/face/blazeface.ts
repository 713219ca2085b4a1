import { loadGraphModel } from "@tensorflow/tfjs-converter"
import { readModel, startTensors } from "../tensors.ts"
import { type Box, type Face, overlap } from "./picture.ts"

/** Side of the input, pixels. */
export const SIDE = 256
const MIN_SCORE = 0.5
/** Two boxes that share more are one face. */
const MAX_OVERLAP = 0.3

/** Grids of anchors: cells a side, anchors a cell. */
const GRIDS = [
  { cells: SIDE / 16, anchors: 2 },
  { cells: SIDE / 32, anchors: 6 },
] as const

const tf = await startTensors()
const model = await loadGraphModel({ load: async () => readModel("@vladmandic/human", "models/blazeface.json") })
const mesh = await loadGraphModel({ load: async () => readModel("@vladmandic/human", "models/facemesh.json") })
const MESH_SIDE = 192

/** Faces in `SIDE` x `SIDE` RGB pixels, the surest first, boxes as shares of them (BlazeFace). */
export async function facesIn(pixels: Uint8Array): Promise<readonly Face[]> {
  const outputs = tf.tidy(() => {
    const input = tf.sub(tf.div(tf.tensor(pixels, [1, SIDE, SIDE, 3], "float32"), 127.5), 0.5)
    const found = model.execute(input)
    if (!Array.isArray(found)) throw new Error("the face detector returned one output")
    return found
  })
  const faces: Face[] = []
  for (const { cells, anchors } of GRIDS) {
    const rows = cells * cells * anchors
    const [scores, boxes] = [1, 16].map((width) => outputs.find((o) => o.shape[1] === rows && o.shape[2] === width))
    if (scores === undefined || boxes === undefined) throw new Error("the face detector has another shape")
    faces.push(...decode(await scores.data(), await boxes.data(), { cells, anchors }))
  }
  for (const output of outputs) output.dispose()
  return distinct(faces)
}

/** Whether `MESH_SIDE` x `MESH_SIDE` RGB pixels show a face: the confidence of the mesh of 468 landmarks. */
export async function isFace(pixels: Uint8Array): Promise<boolean> {
  const confidence = tf.tidy(() => {
    const input = tf.div(tf.tensor(pixels, [1, MESH_SIDE, MESH_SIDE, 3], "float32"), 255)
    const found = mesh.execute(input)
    const single = Array.isArray(found) ? found.find((output) => output.size === 1) : found
    if (single === undefined) throw new Error("the face mesh has no confidence")
    return single
  })
  const [logit = 0] = await confidence.data()
  confidence.dispose()
  return sigmoid(logit) > MIN_SCORE
}

export { MESH_SIDE }

/** The same face found twice is kept once, where it is surest. */
export function distinct(faces: readonly Face[]): readonly Face[] {
  const kept: Face[] = []
  for (const face of [...faces].sort((a, b) => b.score - a.score))
    if (kept.every((other) => overlap(other.box, face.box) < MAX_OVERLAP)) kept.push(face)
  return kept
}

function decode(scores: ArrayLike<number>, boxes: ArrayLike<number>, grid: { cells: number; anchors: number }): Face[] {
  const { cells, anchors } = grid
  const faces: Face[] = []
  for (let row = 0; row < scores.length; row += 1) {
    const score = sigmoid(scores[row]!)
    if (score < MIN_SCORE) continue
    const cell = Math.floor(row / anchors)
    const at = (column: number): number => boxes[row * 16 + column]! / SIDE
    const centre = [((cell % cells) + 0.5) / cells + at(0), (Math.floor(cell / cells) + 0.5) / cells + at(1)]
    const box: Box = [centre[0]! - at(2) / 2, centre[1]! - at(3) / 2, at(2), at(3)]
    faces.push({ box, score: Math.round(score * 100) / 100, confirmed: false })
  }
  return faces
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit))
}
