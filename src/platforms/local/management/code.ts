import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { readdir, stat } from "node:fs/promises"
import { isAbsolute, join } from "node:path"
import { pipeline } from "node:stream/promises"
import { isObject } from "../../../base/json.ts"

/** Code of a function: a folder on this machine, used where it lies. */
export interface Code {
  readonly directory: string
  /** Base64 of a hash over names and contents. */
  readonly codeSha256: string
  readonly codeBytes: number
}

/** The bucket whose keys are absolute folders of this machine. */
export const FILE_BUCKET = "file"

/** Reads `{ S3Bucket: "file", S3Key: "<absolute folder>" }`; a text says what is wrong with it. */
export async function readCode(value: unknown): Promise<Code | string> {
  if (!isObject(value) || value["S3Bucket"] !== FILE_BUCKET || typeof value["S3Key"] !== "string")
    return `the local platform takes code as { S3Bucket: "${FILE_BUCKET}", S3Key: "<absolute folder>" }`
  const directory = value["S3Key"]
  if (!isAbsolute(directory)) return `S3Key must be an absolute folder, not ${directory}`
  const info = await stat(directory).catch(() => null)
  if (info === null || !info.isDirectory()) return `there is no folder ${directory}`
  const hash = createHash("sha256")
  let codeBytes = 0
  for (const path of (await filesBelow(directory, "")).sort()) {
    hash.update(`${path}\0`)
    await pipeline(createReadStream(join(directory, path)), async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        codeBytes += chunk.byteLength
        hash.update(chunk)
      }
    })
  }
  return { directory, codeSha256: hash.digest("base64"), codeBytes }
}

async function filesBelow(root: string, below: string): Promise<string[]> {
  const paths: string[] = []
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    const path = join(below, entry.name)
    if (entry.isDirectory()) paths.push(...(await filesBelow(root, path)))
    else if (entry.isFile()) paths.push(path)
  }
  return paths
}
