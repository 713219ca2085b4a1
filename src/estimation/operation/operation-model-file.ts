import { TrimtabError } from "../../base/errors.ts"
import { isObject, type Json } from "../../base/json.ts"
import type { BoostedTrees } from "../../statistics/boosted-trees.ts"
import type { OperationModel } from "./operation-model.ts"
import { packTrees, unpackTrees } from "./packed-trees.ts"
import type { OperationPlatform } from "./training-set.ts"

/** Version of the files that models are kept in. */
export const OPERATION_MODEL_VERSION = 1 as const

/** A fitted model as data: what `operation-model-<platform>-YYYY-MM-DD.json` holds. */
export interface OperationModelFile {
  readonly version: typeof OPERATION_MODEL_VERSION
  /** Where it comes from: the measurement, its date and machine. */
  readonly origin: Readonly<Record<string, Json>>
  readonly model: Readonly<Record<string, unknown>>
}

/** The model as data; numbers keep six digits. */
export function operationModelFile(model: OperationModel, origin: OperationModelFile["origin"]): OperationModelFile {
  const { residual, noise, ...rest } = model
  const packed = {
    ...rest,
    residual: { ...residual, trees: treesToJson(residual.trees) },
    noise: { ...noise, trees: treesToJson(noise.trees) },
  }
  // Numbers, texts and lists of them only.
  const rounded = JSON.parse(JSON.stringify(packed, sixDigits)) as OperationModelFile["model"]
  return { version: OPERATION_MODEL_VERSION, origin, model: rounded }
}

/**
 * The model of a file, for a platform that differs from the measured one in its sizes at most: its parameters are those
 * of the machine and its scheduler. @throws TrimtabError `profile-corrupt` for a file of another version or shape
 */
export function operationModelOf(file: unknown, platform?: OperationPlatform): OperationModel {
  const model = isObject(file) && file["version"] === OPERATION_MODEL_VERSION ? file["model"] : undefined
  if (!isObject(model)) throw corrupt(`its version is not ${OPERATION_MODEL_VERSION}`)
  const { source, parameters, spreads, residual, noise, counters } = model
  if (source !== "portable" && source !== "extended") throw corrupt("it has no source")
  if (!isObject(parameters) || !isNumeric(parameters)) throw corrupt("parameters are no numbers")
  if (!isObject(spreads) || !isNumeric(spreads)) throw corrupt("spreads are no numbers")
  if (!Array.isArray(counters) || !isObject(residual) || !isObject(noise) || !isObject(model["platform"]))
    throw corrupt("a part of it is missing")
  return {
    // Its parts were checked above; what is in them was written by operationModelFile.
    ...(model as unknown as OperationModel),
    platform: platform ?? (model["platform"] as unknown as OperationPlatform),
    residual: { ...(residual as unknown as OperationModel["residual"]), trees: treesOfJson(residual["trees"]) },
    noise: { ...(noise as unknown as OperationModel["noise"]), trees: treesOfJson(noise["trees"]) },
  }
}

function treesToJson(trees: BoostedTrees | null): Json {
  return trees === null ? null : packTrees(trees)
}

function treesOfJson(value: unknown): BoostedTrees | null {
  return value === null ? null : unpackTrees(value)
}

function isNumeric(fields: Readonly<Record<string, unknown>>): boolean {
  return Object.values(fields).every((value) => typeof value === "number" && Number.isFinite(value))
}

function sixDigits(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(6)) : value
}

function corrupt(reason: string): TrimtabError {
  return new TrimtabError("profile-corrupt", `this is no operation model: ${reason}`, {
    fix: "make it again with npm run bench -- estimation --measure operation-model",
  })
}
