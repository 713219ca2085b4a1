import type { OperationModel } from "./operation-model.ts"
import { operationModelOf } from "./operation-model-file.ts"
import { priorOperationModel } from "./prior-model.ts"
import { SHIPPED_LOCAL } from "./shipped-local.ts"
import type { OperationPlatform } from "./training-set.ts"

/** Platforms that functions can be planned for before they ran there. */
export type OperationPlatformName = "local" | "aws-lambda"

/**
 * The operation model of a platform with these sizes: what was fitted to functions measured on it, else a prior, whose
 * bands are wider. Both are made from portable profiles. Some ms.
 */
export function shippedOperationModel(name: OperationPlatformName, platform: OperationPlatform): OperationModel {
  if (name === "local" && SHIPPED_LOCAL !== null) return operationModelOf(SHIPPED_LOCAL, platform)
  return priorOperationModel(platform)
}
