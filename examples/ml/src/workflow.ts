import { defineWorkflow, type Workflow } from "../../../src/index.ts"

const MEMORY = { min: 256, max: 3456, step: 128 }
const ONE = { min: 1, max: 1, step: 1 }
const SHARED = { memoryMB: MEMORY, instances: { min: 1, max: 6, step: 1 }, processes: { min: 1, max: 3, step: 1 } }
const WHOLE = { memoryMB: MEMORY, instances: ONE, processes: ONE }
const timeoutMs = 120_000

/**
 * The machine-learning workflow of the StepConf paper (ML, after Orion): three independent pipelines of three steps.
 * Input: a list of shards; output of each merge: `{ trees, accuracy }`.
 *
 *     preprocess -> train -> merge        three times, on the same shards
 */
export const ml: Workflow = defineWorkflow({
  name: "ml",
  functions: {
    preprocess: { handler: "./src/preprocess.ts", threads: "single" },
    train: { handler: "./src/train.ts", threads: "single" },
    merge: { handler: "./src/merge.ts", threads: "single" },
  },
  steps: {
    preprocess1: { function: "preprocess", split: "each", configSpace: SHARED, timeoutMs },
    train1: { function: "train", after: ["preprocess1"], split: "each", configSpace: SHARED, timeoutMs },
    merge1: { function: "merge", after: ["train1"], split: "none", configSpace: WHOLE, timeoutMs },
    preprocess2: { function: "preprocess", split: "each", configSpace: SHARED, timeoutMs },
    train2: { function: "train", after: ["preprocess2"], split: "each", configSpace: SHARED, timeoutMs },
    merge2: { function: "merge", after: ["train2"], split: "none", configSpace: WHOLE, timeoutMs },
    preprocess3: { function: "preprocess", split: "each", configSpace: SHARED, timeoutMs },
    train3: { function: "train", after: ["preprocess3"], split: "each", configSpace: SHARED, timeoutMs },
    merge3: { function: "merge", after: ["train3"], split: "none", configSpace: WHOLE, timeoutMs },
  },
  goal: { sloMs: 30_000, percentile: 0.95 },
})
