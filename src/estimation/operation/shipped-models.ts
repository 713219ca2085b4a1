import type { OperationModel } from "./operation-model.ts"
import { priorOperationModel } from "./prior-model.ts"
import type { OperationPlatform } from "./training-set.ts"

/** Platforms that functions can be planned for before they ran there. */
export type OperationPlatformName = "local" | "aws-lambda"

/** The operation model of a platform; a prior where no set of functions was measured on it. */
export function shippedOperationModel(_name: OperationPlatformName, platform: OperationPlatform): OperationModel {
  return priorOperationModel(platform)
}
