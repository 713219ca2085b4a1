import { isMainThread, parentPort, Worker } from "node:worker_threads"
import { compute, type Computing } from "./computing.ts"

/** Kept between invocations, started by the first that needs it. */
let worker: Worker | null = null

/** Work that two threads do, half of it each. */
export async function computeInTwoThreads(work: Computing): Promise<number> {
  const half = { ...work, flops: work.flops / 2, cacheOperations: work.cacheOperations / 2 }
  worker ??= new Worker(new URL(import.meta.url))
  const other = worker
  const answered = new Promise<number>((resolve, reject) => {
    const onError = (error: unknown): void => reject(error)
    other.once("error", onError)
    other.once("message", (sum: number) => {
      other.off("error", onError)
      resolve(sum)
    })
  })
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  other.postMessage(half)
  const own = compute(half)
  return own + (await answered)
}

// The second thread runs the same file.
if (!isMainThread) {
  parentPort?.on("message", (half: Computing) => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    parentPort?.postMessage(compute(half))
  })
}
