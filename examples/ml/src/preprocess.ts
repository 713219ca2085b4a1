import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { PCA } from "ml-pca"
import type { Context, FileRef } from "../../../src/index.ts"
import { samplesOf, type Shard } from "./data.ts"

/** Dimensions that are kept. */
const KEPT = 10

/** What the next step learns from. */
export interface Reduced {
  /** Model of the reduction: the samples to be told apart later go through the same one. */
  readonly pca: unknown
  readonly features: number[][]
  readonly labels: number[]
}

/** Reduces one shard from 64 to 10 dimensions by principal components. */
export async function handler(shard: Shard, context: Context): Promise<{ seed: number; reduced: FileRef }> {
  const { features, labels } = samplesOf(shard)
  const pca = new PCA(features)
  const reduced: Reduced = {
    pca: pca.toJSON(),
    features: pca.predict(features, { nComponents: KEPT }).to2DArray(),
    labels,
  }
  const path = join(context.tmpDir, "reduced.json")
  await writeFile(path, JSON.stringify(reduced))
  return { seed: shard.seed, reduced: context.file(path) }
}
