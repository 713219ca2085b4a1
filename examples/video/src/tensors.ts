import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm"
import * as tf from "@tensorflow/tfjs-core"
import { packageFile, readBuffer } from "./assets.ts"

/** Starts the WebAssembly backend on one thread: a process then uses one core, and processes are what the planner counts. */
export async function startTensors(): Promise<typeof tf> {
  // one argument only: a second one makes the backend fetch the file by URL, which fails for a path
  setWasmPaths(packageFile("@tensorflow/tfjs-backend-wasm", "dist/"))
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false)
  await tf.setBackend("wasm")
  await tf.ready()
  return tf
}

/** A model's graph and weights read from an installed package: nothing is downloaded. */
export function readModel(name: string, file: string): tf.io.ModelArtifacts {
  const path = packageFile(name, file)
  // the shape that the TensorFlow.js converter writes
  const json = JSON.parse(readFileSync(path, "utf8")) as tf.io.ModelJSON
  const shards = json.weightsManifest.flatMap((group) => group.paths)
  if (shards.length !== 1) throw new Error(`${name}/${file}: expected one file of weights, found ${shards.length}`)
  return {
    modelTopology: json.modelTopology,
    weightSpecs: json.weightsManifest.flatMap((group) => group.weights),
    weightData: readBuffer(join(dirname(path), shards[0] ?? "")),
    ...(json.format !== undefined && { format: json.format }),
    ...(json.signature !== undefined && { signature: json.signature }),
  }
}
