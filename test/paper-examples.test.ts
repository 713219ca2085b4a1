import { mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, test } from "vitest"
import { isPrime, isPrimeHandler } from "../examples/dag16/src/is-prime.ts"
import { dag16 } from "../examples/dag16/src/workflow.ts"
import { handler as merge } from "../examples/ml/src/merge.ts"
import { handler as preprocess } from "../examples/ml/src/preprocess.ts"
import { handler as train } from "../examples/ml/src/train.ts"
import { ml } from "../examples/ml/src/workflow.ts"
import type { Context } from "../src/index.ts"

const folder = mkdtempSync(join(tmpdir(), "examples-"))
afterAll(() => rmSync(folder, { recursive: true }))

/** A context that keeps files where they are. */
function context(): Context {
  const tmpDir = mkdtempSync(join(folder, "task-"))
  return {
    key: "test",
    deadlineMs: 0,
    tmpDir,
    signal: new AbortController().signal,
    log: () => {},
    file: (path) => ({ $ref: "", bytes: statSync(path).size, sha256: "", path }),
  }
}

test("sixteen steps with twenty-two dependencies, three independent pipelines", () => {
  expect(dag16.steps).toHaveLength(16)
  expect(dag16.steps.reduce((sum, { after }) => sum + after.length, 0)).toBe(22)
  expect(ml.steps).toHaveLength(9)
  expect(ml.steps.filter(({ after }) => after.length === 0)).toHaveLength(3)
})

test("primes are counted right, whatever the parents handed on", async () => {
  const first = Array.from({ length: 30 }, (_, n) => n).filter(isPrime)
  expect(first).toEqual([2, 3, 5, 7, 11, 13, 17, 19, 23, 29])
  const handler = isPrimeHandler({ numbers: 50, outputBytes: 1000 })
  const root = await handler(3, context())
  expect(root).toMatchObject({ index: 3, data: { bytes: 1000 } })
  const after = await handler({ s1: root, s2: root }, context())
  expect(after).toMatchObject({ index: 3, primes: root.primes })
  await expect(handler("no task", context())).rejects.toThrow(/a task is a number/)
})

test("a forest of trees on reduced shards tells the classes apart", async () => {
  const trees = []
  for (const seed of [1, 2]) trees.push(await train(await preprocess({ seed, rows: 200 }, context()), context()))
  const { trees: count, accuracy } = await merge(trees)
  expect(count).toBe(2)
  // Chance is a quarter; eight shards of 1,000 samples reach 0.92.
  expect(accuracy).toBeGreaterThan(0.6)
})
