/** The public API of Trimtab. */
export { TrimtabError, type ErrorCode } from "./base/errors.ts"
export { realClock, type Clock } from "./base/clock.ts"
export { seededRandom, type Random } from "./base/random.ts"
export type { Json } from "./base/json.ts"

export { defineWorkflow } from "./workflow/builder.ts"
export { parseWorkflow, parseWorkflowText } from "./workflow/parse.ts"
export { workflowJsonSchema } from "./workflow/spec-schema.ts"
export { defineConfig, type PlatformConfig, type TrimtabConfig } from "./workflow/project-config.ts"
export type { WorkflowSpec } from "./workflow/spec.ts"
export type { ConfigSpace, Range, StepConfig } from "./workflow/config.ts"
export type { Goal } from "./workflow/goal.ts"
export type { PlatformLimits } from "./workflow/limits.ts"
export type { InvocationResult, RunResult, StepResult } from "./workflow/run-result.ts"
export type { Plan, Step, Workflow } from "./workflow/workflow.ts"

export { awsLambdaPricing } from "./pricing/aws-lambda.ts"
export type { Bill, CostLine, Meter, Meters, Pricing } from "./pricing/pricing.ts"

export { fsStore } from "./stores/fs/fs-store.ts"
export { memoryStore } from "./stores/memory-store.ts"
export { openStore } from "./stores/open-store.ts"
export type { ObjectInfo, Store } from "./stores/store.ts"

export type { Context, FileRef, Handler } from "./wrapper/handler-types.ts"
