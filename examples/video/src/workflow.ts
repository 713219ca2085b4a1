import { defineWorkflow, type Workflow } from "../../../src/index.ts"

/** 512 MB hold one process of the largest handler; 3,456 MB are just under two vCPU. */
const MEMORY = { min: 512, max: 3456, step: 128 }
const ONE = { min: 1, max: 1, step: 1 }
/** One ffmpeg does the whole step. */
const WHOLE = { memoryMB: MEMORY, instances: ONE, processes: ONE }
/** Twelve keyframes share themselves out over instances, and over processes inside them. */
const SHARED = {
  memoryMB: MEMORY,
  instances: { min: 1, max: 6, step: 1 },
  processes: { min: 1, max: 3, step: 1 },
}
/** Two instances at most, as for a function that shares a quota: processes do what instances may not. */
const FEW = { ...SHARED, instances: { min: 1, max: 2, step: 1 } }
/** One instance, as for a function with a reserved concurrency of one. */
const SINGLE = { ...SHARED, instances: ONE }
const TIMEOUT_MS = 120_000

/**
 * The video workflow of the StepConf paper (VP). Input: `{ clip: <file> }`; output: `{ video: <file>, frames,
 * durationMs }`. Handlers are named relative to `examples/video`.
 *
 *     pull -> detect -> watermark -> colour -> text -> interpolate -> merge
 *                  \--> superres ---/
 */
export const video: Workflow = defineWorkflow({
  name: "video",
  functions: {
    pull: { handler: "./src/pull.ts", threads: "single" },
    detect: { handler: "./src/detect.ts", threads: "single" },
    watermark: { handler: "./src/watermark.ts", threads: "single" },
    superres: { handler: "./src/superres.ts", threads: "single" },
    colour: { handler: "./src/colour.ts", threads: "single" },
    text: { handler: "./src/text.ts", threads: "single" },
    interpolate: { handler: "./src/interpolate.ts", threads: "single" },
    merge: { handler: "./src/merge.ts", threads: "multi" },
  },
  steps: {
    pull: { function: "pull", split: "none", configSpace: WHOLE, timeoutMs: TIMEOUT_MS },
    detect: { function: "detect", after: ["pull"], split: "each", configSpace: SHARED, timeoutMs: TIMEOUT_MS },
    watermark: { function: "watermark", after: ["detect"], split: "each", configSpace: SHARED, timeoutMs: TIMEOUT_MS },
    superres: { function: "superres", after: ["detect"], split: "each", configSpace: SHARED, timeoutMs: TIMEOUT_MS },
    colour: {
      function: "colour",
      after: ["watermark", "superres"],
      split: "each",
      configSpace: FEW,
      timeoutMs: TIMEOUT_MS,
    },
    text: { function: "text", after: ["colour"], split: "each", configSpace: SHARED, timeoutMs: TIMEOUT_MS },
    interpolate: {
      function: "interpolate",
      after: ["text"],
      split: { export: "split" },
      configSpace: SINGLE,
      timeoutMs: TIMEOUT_MS,
    },
    merge: { function: "merge", after: ["interpolate"], split: "none", configSpace: WHOLE, timeoutMs: TIMEOUT_MS },
  },
  goal: { sloMs: 20_000, percentile: 0.95 },
})
