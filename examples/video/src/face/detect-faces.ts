import sharp from "sharp"
import type { Context } from "../../../../src/index.ts"
import { passOn, type PassedFile } from "../files.ts"
import { distinct, facesIn, isFace, MESH_SIDE, SIDE } from "./blazeface.ts"
import { type Box, type Face, type Picture, pixelsOf } from "./picture.ts"

/** Parts of a picture that are searched: the whole for near faces, overlapping halves for those farther away. */
const VIEWS: readonly Box[] = [
  [0, 0, 1, 1],
  [0, 0, 0.6, 1],
  [0.4, 0, 0.6, 1],
]

/** Width in which a picture is searched, pixels. */
const WIDTH = 768

sharp.concurrency(1)
await facesIn(new Uint8Array(SIDE * SIDE * 3))
await isFace(new Uint8Array(MESH_SIDE * MESH_SIDE * 3))

/** Finds the faces in a picture. */
export async function handler({ image }: Picture, context: Context): Promise<Picture<PassedFile>> {
  const { data, info } = await sharp(image.path).resize(WIDTH).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const crop = async (box: Box, side: number): Promise<Uint8Array> =>
    await sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } })
      .extract(pixelsOf(box, info))
      .resize(side, side, { fit: "fill" })
      .raw()
      .toBuffer()
  const found: Face[] = []
  for (const view of VIEWS)
    for (const face of await facesIn(await crop(view, SIDE))) found.push({ ...face, box: inside(view, face.box) })
  const faces: Face[] = []
  for (const face of distinct(found))
    faces.push({ ...face, confirmed: await isFace(await crop(widened(face.box), MESH_SIDE)) })
  context.log(`${faces.length} faces, ${faces.filter(({ confirmed }) => confirmed).length} confirmed`)
  return { image: passOn(image), faces }
}

/** A box inside a view, as shares of the whole picture. */
function inside([left, top, width, height]: Box, box: Box): Box {
  const shares = [left + box[0] * width, top + box[1] * height, box[2] * width, box[3] * height]
  const [x, y, w, h] = shares.map((share) => Math.round(share * 1e4) / 1e4)
  return [x!, y!, w!, h!]
}

/** With a quarter around it: the mesh wants the whole head. */
function widened([left, top, width, height]: Box): Box {
  return [left - width / 4, top - height / 4, width * 1.5, height * 1.5]
}
