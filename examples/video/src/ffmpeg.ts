import { spawn } from "node:child_process"
import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"
import { packageFile } from "./assets.ts"

/** The machine's ffmpeg where there is one, else the static one of @ffmpeg-installer (Linux on x64). */
export const ffmpegPath: string = findFfmpeg()

/** Encoders leave versions, dates and random ids out of the file: equal frames give equal bytes. */
export const BIT_EXACT: readonly string[] = ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact"]

/**
 * Runs ffmpeg to its end; `signal` kills it.
 * @throws Error with the end of what ffmpeg printed
 */
export async function ffmpeg(args: readonly string[], signal?: AbortSignal): Promise<void> {
  const all = ["-hide_banner", "-nostdin", "-loglevel", "error", "-y", ...args]
  const child = spawn(ffmpegPath, all, { stdio: ["ignore", "ignore", "pipe"], ...(signal && { signal }) })
  let printed = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    printed = (printed + text).slice(-2000)
  })
  await new Promise<void>((resolve, reject) => {
    child.on("error", reject)
    child.on("close", (code, killedBy) => {
      if (code === 0) resolve()
      else reject(new Error(`ffmpeg ended with ${code ?? killedBy}: ${printed.trim()}`))
    })
  })
}

function findFfmpeg(): string {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "")
  const found = folders.map((folder) => join(folder, "ffmpeg")).find(isExecutable)
  if (found !== undefined) return found
  try {
    const bundled = packageFile("@ffmpeg-installer/linux-x64", "ffmpeg")
    if (isExecutable(bundled)) return bundled
  } catch {
    // an optional package: absent on other systems
  }
  throw new Error("no ffmpeg: install it, or run npm ci in examples/video on Linux x64")
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
