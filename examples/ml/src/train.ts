import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { DecisionTreeClassifier } from "ml-cart"
import type { Context, FileRef } from "../../../src/index.ts"
import type { Reduced } from "./preprocess.ts"

/** A tree with the reduction that its samples went through. */
export interface Trained {
  readonly pca: unknown
  readonly tree: unknown
}

/** Trains one decision tree on one reduced shard. */
export async function handler(
  task: { readonly seed: number; readonly reduced: FileRef },
  context: Context,
): Promise<{ seed: number; trained: FileRef }> {
  const { pca, features, labels } = JSON.parse(await readFile(task.reduced.path, "utf8")) as Reduced // preprocess wrote it
  const tree = new DecisionTreeClassifier({ gainFunction: "gini", maxDepth: 8, minNumSamples: 10 })
  tree.train(features, labels)
  const path = join(context.tmpDir, "tree.json")
  const trained: Trained = { pca, tree: tree.toJSON() }
  await writeFile(path, JSON.stringify(trained))
  return { seed: task.seed, trained: context.file(path) }
}
