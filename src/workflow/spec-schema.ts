import { z } from "zod"
import type { Json } from "../base/json.ts"
import type { WorkflowSpec } from "./spec.ts"

const name = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_-]{0,63}$/,
    "a name starts with a letter and holds only letters, digits, - and _ (at most 64)",
  )

const range = (what: string, lowest: number, highest: number) =>
  z
    .strictObject({
      min: z.int().min(lowest).max(highest),
      max: z.int().min(lowest).max(highest),
      step: z.int().min(1).optional(),
    })
    .refine((r) => r.min <= r.max, "min must not be above max")
    .describe(what)

const json: z.ZodType<Json, Json> = z.json()
const conditionFields = {
  path: z.string().describe("Dot-separated path into the output"),
  operator: z.enum(["==", "!=", "<", "<=", ">", ">=", "exists"]),
  value: json.optional(),
  probability: z.number().min(0).max(1).optional().describe("How often it holds, for plans; default always"),
}

const functionSchema = z.strictObject({
  handler: z.string().min(1).describe("Module of the handler, relative to this file"),
  threads: z
    .enum(["single", "multi"])
    .optional()
    .describe("multi: one process of the function uses several cores by itself; default single"),
})

const configSpace = z
  .strictObject({
    memoryMB: range("Memory sizes, MB; default 128-10,240 step 64", 128, 10_240).optional(),
    instances: range("Parallel instances; default 1-64", 1, 10_000).optional(),
    processes: range("Processes in each instance; default 1-6", 1, 64).optional(),
  })
  .describe("The choices of the step")

const onDeadline = (what: string) => z.enum(["continue", "cancel"]).optional().describe(what)

const when = z
  .strictObject({ step: name, ...conditionFields })
  .optional()
  .describe("Runs the step only if this holds")

const stepSchema = z
  .strictObject({
    function: name.describe("The function that the step calls"),
    after: z.array(name).optional().describe("Steps whose outputs are the input of this one"),
    split: z
      .union([
        z.literal(["none", "each"]),
        z.strictObject({ size: z.int().min(1) }),
        z.strictObject({ export: z.string().min(1) }),
      ])
      .optional()
      .describe(
        "How the input becomes tasks; default none: one task. each: one per element; the lists of several parents are taken together",
      ),
    merge: z
      .union([z.literal("list"), z.strictObject({ export: z.string().min(1) })])
      .optional()
      .describe("How the results become the output; default list, in task order"),
    configSpace: configSpace.optional(),
    retry: z
      .array(z.strictObject({ on: z.string().min(1), max: z.int().min(0).max(100), baseMs: z.int().min(0) }))
      .optional()
      .describe("Error types of the function that are tried again"),
    timeoutMs: z.int().min(1).max(900_000).optional(),
    tolerance: z
      .union([z.strictObject({ count: z.int().min(0) }), z.strictObject({ share: z.number().min(0).max(1) })])
      .optional()
      .describe("Failed tasks that the step may have and still end as partial; default none"),
    hedge: z
      .boolean()
      .optional()
      .describe(
        "Late invocations get a duplicate under the same idempotency key where it pays; the first answer counts. Default false",
      ),
    onDeadline: onDeadline(
      "cancel: the run is ended when the step has not ended by its latest finish; default continue",
    ),
    when,
    map: z
      .strictObject({
        step: name,
        path: z.string(),
        expected: z
          .union([z.int().min(0), z.array(z.int().min(0)).min(1)])
          .optional()
          .describe("For plans: the list's length, or its lengths in earlier runs"),
      })
      .optional()
      .describe("Repeats the step for each element of a list known only at run time"),
    loop: z
      .strictObject({ while: z.strictObject(conditionFields), max: z.int().min(1).max(10_000) })
      .optional()
      .describe("Repeats the step while the condition on its own output holds"),
  })
  .meta({ id: "step" })

const nestedStepSchema = z
  .strictObject(
    {
      workflow: name.describe("The workflow that the step runs: one of `workflows`"),
      after: z.array(name).optional().describe("Steps whose outputs are the input of the workflow"),
      when,
    },
    {
      error: (issue) =>
        issue.code === "unrecognized_keys"
          ? `a step that runs a workflow takes only after and when beside it, not ${issue.keys.join(", ")}: that belongs to the steps of the workflow`
          : undefined,
    },
  )
  .meta({ id: "nestedStep" })

const stepsSchema = z
  .record(name, z.union([stepSchema, nestedStepSchema]))
  .refine((steps) => Object.keys(steps).length > 0, "a workflow needs a step")

const percentile = z.number().gt(0).lt(1).optional().describe("Share of runs that must meet the goal; default 0.95")

/** The validator of the spec. Unknown keys are errors: a typo must not pass for a default. */
export const workflowSchema: z.ZodType<WorkflowSpec, WorkflowSpec> = z.strictObject({
  name,
  functions: z.record(name, functionSchema),
  steps: stepsSchema,
  workflows: z
    .record(name, z.strictObject({ steps: stepsSchema }))
    .optional()
    .describe("Workflows that steps run; they call the same functions"),
  goal: z
    .union([
      z.strictObject({
        sloMs: z.number().positive(),
        percentile,
        onDeadline: onDeadline("cancel: a run that has not ended by then is ended; default continue"),
      }),
      z.strictObject({ budgetUsd: z.number().positive(), percentile }),
    ])
    .optional()
    .describe("Least cost under a latency SLO, or least latency under a budget"),
})

/** The published JSON Schema of the spec, made from the validator, so that the two cannot disagree. */
export function workflowJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(workflowSchema, { io: "input", target: "draft-2020-12" }),
    title: "Trimtab workflow",
    description: "A workflow of functions: steps ordered by `after` into a DAG, and the goal of a run.",
  }
}
