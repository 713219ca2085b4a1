import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { BIT_EXACT, ffmpeg } from "./ffmpeg.ts"
import { CLIP, type Film, KEYFRAME_EVERY, type StretchVideo } from "./frames.ts"
import type { Context } from "../../../src/index.ts"

/** Fixed: the encoder's output depends on how many threads share a frame. */
const THREADS = ["-threads", "2"]
const ENCODE = ["-c:v", "libx264", "-preset", "slow", "-crf", "17", "-pix_fmt", "yuv420p", ...THREADS]

/** Joins the stretches and encodes the film: H.264 in MP4, playable everywhere. */
export async function handler(stretches: readonly StretchVideo[], context: Context): Promise<Film> {
  const list = join(context.tmpDir, "stretches.txt")
  await writeFile(list, stretches.map(({ video }) => `file '${video.path.replaceAll("'", "'\\''")}'\n`).join(""))
  const path = join(context.tmpDir, "film.mp4")
  const input = ["-f", "concat", "-safe", "0", "-i", list, "-r", `${CLIP.fps}`]
  await ffmpeg([...input, ...ENCODE, "-movflags", "+faststart", ...BIT_EXACT, path], context.signal)
  const frames = stretches.length * KEYFRAME_EVERY
  return { video: context.file(path), frames, durationMs: Math.round((frames * 1000) / CLIP.fps) }
}
