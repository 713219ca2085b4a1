import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { BIT_EXACT, ffmpeg } from "./ffmpeg.ts"
import { CLIP, type Frame, KEYFRAME_EVERY } from "./frames.ts"
import type { Context, FileRef } from "../../../src/index.ts"

/** Frames are too small to share between threads: with two, handing them over costs more than it saves. */
const ONE_THREAD = ["-threads", "1", "-filter_threads", "1"]

/** Pulls the keyframes: decodes the clip, takes its noise away by non-local means, keeps every eighth frame. */
export async function handler(task: { readonly clip: FileRef }, context: Context): Promise<Frame[]> {
  const filter = `nlmeans=s=2:p=5:r=9,framestep=${KEYFRAME_EVERY}`
  const pattern = join(context.tmpDir, "key-%03d.png")
  await ffmpeg([...ONE_THREAD, "-i", task.clip.path, "-vf", filter, ...BIT_EXACT, pattern], context.signal)
  const names = (await readdir(context.tmpDir)).filter((name) => name.startsWith("key-")).sort()
  context.log(`${names.length} keyframes`)
  return names.map((name, index) => ({
    index,
    atMs: Math.round((index * KEYFRAME_EVERY * 1000) / CLIP.fps),
    image: context.file(join(context.tmpDir, name)),
  }))
}
