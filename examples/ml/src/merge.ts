import { readFile } from "node:fs/promises"
import { DecisionTreeClassifier } from "ml-cart"
import { PCA } from "ml-pca"
import type { FileRef } from "../../../src/index.ts"
import { CLASSES, samplesOf } from "./data.ts"
import type { Trained } from "./train.ts"

/** Samples that no tree has seen. */
const UNSEEN = { seed: 1_000_003, rows: 400 }
const KEPT = 10

/** Joins the trees into one forest and counts how often their majority is right on samples that none of them saw. */
export async function handler(
  trees: readonly { readonly trained: FileRef }[],
): Promise<{ trees: number; accuracy: number }> {
  const { features, labels } = samplesOf(UNSEEN)
  const votes = labels.map(() => new Uint16Array(CLASSES))
  for (const { trained } of trees) {
    const { pca, tree } = JSON.parse(await readFile(trained.path, "utf8")) as Trained // train wrote it
    const reduced = PCA.load(pca as Parameters<typeof PCA.load>[0]).predict(features, { nComponents: KEPT })
    const predicted = DecisionTreeClassifier.load(tree).predict(reduced.to2DArray())
    for (const [i, label] of predicted.entries()) votes[i]![label]!++
  }
  const right = labels.filter((label, i) => votes[i]!.indexOf(Math.max(...votes[i]!)) === label).length
  return { trees: trees.length, accuracy: right / labels.length }
}
