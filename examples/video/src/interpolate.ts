import { symlink } from "node:fs/promises"
import { join } from "node:path"
import { BIT_EXACT, ffmpeg } from "./ffmpeg.ts"
import { CLIP, type Frame, KEYFRAME_EVERY, type Stretch, type StretchVideo } from "./frames.ts"
import type { Context } from "../../../src/index.ts"
import { passOn, type PassedFile } from "./files.ts"

const ONE_THREAD = ["-threads", "1", "-filter_threads", "1"]

/** Overlapping stretches: the film from keyframe k to k+1 also needs k-1 and k+2, to know how things move. */
export function split(frames: readonly Frame[]): Stretch<PassedFile>[] {
  const last = frames.length - 1
  return frames.slice(0, last).map((_, index) => ({
    index,
    images: [index - 1, index, index + 1, index + 2].map((at) => passOn(frames[mirrored(at, last)]!.image)),
  }))
}

/** Beyond either end the film runs backwards, so that the stretches at the ends cost what the others do. */
function mirrored(at: number, last: number): number {
  return at < 0 ? -at : at > last ? 2 * last - at : at
}

/** Makes the frames between two keyframes by following the motion of blocks (ffmpeg minterpolate). */
export async function handler(stretch: Stretch, context: Context): Promise<StretchVideo> {
  const folder = context.tmpDir
  await Promise.all(stretch.images.map((image, at) => symlink(image.path, join(folder, `${at}.png`))))
  const images = ["-framerate", `${CLIP.fps / KEYFRAME_EVERY}`, "-i", join(folder, "%d.png")]
  const motion = `minterpolate=fps=${CLIP.fps}:mi_mode=mci:mc_mode=aobmc:me_mode=bidir:vsbmc=1:mb_size=8`
  const cut = `trim=start_frame=${KEYFRAME_EVERY}:end_frame=${2 * KEYFRAME_EVERY},setpts=PTS-STARTPTS`
  const path = join(folder, `stretch-${stretch.index}.mkv`)
  const filter = `format=yuv420p,${motion},${cut}`
  await ffmpeg(
    [...ONE_THREAD, ...images, "-vf", filter, "-c:v", "ffv1", ...ONE_THREAD, ...BIT_EXACT, path],
    context.signal,
  )
  return { index: stretch.index, video: context.file(path) }
}
