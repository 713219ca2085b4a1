import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { packageFile } from "./assets.ts"
import { BIT_EXACT, ffmpeg } from "./ffmpeg.ts"
import { CLIP } from "./frames.ts"

/** Four people, photographed; shipped by @vladmandic/face-api (MIT). */
const PHOTOGRAPH = "demo/sample6.jpg"

/** Where the clip lies by default; never committed. */
export const CLIP_PATH: string = fileURLToPath(new URL("../media/clip.mp4", import.meta.url))

/**
 * Makes the input clip, once: a camera wanders over a photograph from left to right and comes closer, seen by a small
 * noisy sensor. One shot without a cut, so that every frame asks for about as much work. The same ffmpeg makes the
 * same bytes. Takes less than a second.
 */
export async function makeClip(target: string = CLIP_PATH): Promise<string> {
  if (existsSync(target)) return target
  mkdirSync(dirname(target), { recursive: true })
  const scratch = mkdtempSync(join(dirname(target), ".clip-"))
  try {
    const made = join(scratch, "clip.mp4")
    const encode = ["-c:v", "libx264", "-preset", "medium", "-crf", "18", "-pix_fmt", "yuv420p", "-threads", "1"]
    await ffmpeg([
      "-i",
      packageFile("@vladmandic/face-api", PHOTOGRAPH),
      "-vf",
      camera(),
      "-r",
      `${CLIP.fps}`,
      ...encode,
      ...BIT_EXACT,
      made,
    ])
    renameSync(made, target)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return target
}

function camera(): string {
  const frames = CLIP.seconds * CLIP.fps
  const share = `on/${frames}`
  // worked out at four times the size, or the camera would move in whole pixels
  const crop = `crop=iw:iw*${CLIP.height}/${CLIP.width}:0:(ih-oh)*0.2,scale=${CLIP.width * 8}:${CLIP.height * 8}`
  const move = `z='1.2+0.2*${share}':x='(iw-iw/zoom)*${share}':y='(ih-ih/zoom)*(0.2+0.2*${share})':d=${frames}`
  const zoompan = `zoompan=${move}:s=${CLIP.width * 4}x${CLIP.height * 4}:fps=${CLIP.fps}`
  return `${crop},${zoompan},scale=${CLIP.width}:${CLIP.height}:flags=area,setsar=1,noise=alls=5:allf=t:all_seed=7`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(`${await makeClip()}\n`)
