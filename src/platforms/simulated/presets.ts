import { TrimtabError } from "../../base/errors.ts"
import knative from "./data/knative.json" with { type: "json" }
import lambda from "./data/lambda.json" with { type: "json" }
import lambdaStepFunctions from "./data/lambda-step-functions.json" with { type: "json" }
import local from "./data/local.json" with { type: "json" }
import type { PlatformParameters } from "./parameters.ts"
import { extended, parseParameters } from "./parse-parameters.ts"

export type PresetName = "lambda" | "lambda-step-functions" | "knative" | "local"

/** Files by name. All but the first say what differs from it. */
const FILES: Readonly<Record<PresetName, unknown>> = {
  lambda,
  "lambda-step-functions": lambdaStepFunctions,
  knative,
  local,
}

/** The names of the built-in platforms. */
export const PRESETS: readonly PresetName[] = ["lambda", "lambda-step-functions", "knative", "local"]

/** The parameters of a built-in platform. @throws TrimtabError `usage` for a name that is none */
export function preset(name: string): PlatformParameters {
  const known = PRESETS.find((one) => one === name)
  if (known === undefined)
    throw new TrimtabError("usage", `there is no simulated platform ${name}; there are ${PRESETS.join(", ")}`, {
      fix: `use one of ${PRESETS.join(", ")}`,
    })
  const file = known === "lambda" ? FILES.lambda : extended(FILES.lambda, FILES[known])
  return parseParameters(file, `${known}.json`)
}
