import { parse as parseYaml, YAMLParseError } from "yaml"
import type { z } from "zod"
import { assertNever } from "../base/assert-never.ts"
import { messageOf, TrimtabError } from "../base/errors.ts"
import { dropUndefined } from "../base/json.ts"
import { DEFAULT_CONFIG_SPACE, type ConfigSpace, type Range } from "./config.ts"
import { DEFAULT_PERCENTILE, type Goal } from "./goal.ts"
import { topologicalSort } from "./graph.ts"
import { flatten, isNested, type NestedStep, type Scope } from "./nested.ts"
import type { GoalSpecInput, NestedStepSpecInput, RangeSpec, StepSpecInput, WorkflowSpec } from "./spec.ts"
import { workflowSchema } from "./spec-schema.ts"
import {
  DEFAULT_TIMEOUT_MS,
  type FunctionSpec,
  type Merge,
  type Split,
  type Step,
  type Tolerance,
  type Workflow,
} from "./workflow.ts"

/**
 * Parses a spec text. `where` is the file that messages name.
 * @throws TrimtabError `invalid-workflow` with the place inside the file.
 */
export function parseWorkflowText(text: string, where: string): Workflow {
  // YAML 1.2 contains JSON, so one parser reads both and gives line numbers for both.
  let value: unknown
  try {
    value = parseYaml(text, { uniqueKeys: true, maxAliasCount: 100, logLevel: "error" })
  } catch (error) {
    if (error instanceof YAMLParseError) {
      const line = error.linePos?.[0].line
      const at = line === undefined ? where : `${where}:${line}`
      const duplicate = error.code === "DUPLICATE_KEY"
      const problem = duplicate ? "the same name is used twice" : error.message.split(/ at line |\n/)[0]!
      throw new TrimtabError("invalid-workflow", `${at}: ${problem}`, { where: at, cause: error })
    }
    throw new TrimtabError("invalid-workflow", `${where}: ${messageOf(error)}`, { where, cause: error })
  }
  return parseWorkflow(value, where)
}

/**
 * Validates a spec and gives the workflow, steps in topological order.
 * @throws TrimtabError `invalid-workflow`: shape, unknown names, cycles.
 */
export function parseWorkflow(value: unknown, where: string): Workflow {
  const parsed = workflowSchema.safeParse(value)
  if (!parsed.success) {
    const { path, message } = deepestIssue(parsed.error.issues)
    const place = path.length === 0 ? "" : `${path.join(".")}: `
    throw new TrimtabError("invalid-workflow", `${where}: ${place}${message}`, { where })
  }
  return build(parsed.data, where)
}

/** Unions report one issue that hides the real one: the branch that got furthest says what is wrong. */
function deepestIssue(
  issues: readonly z.core.$ZodIssue[],
  prefix: readonly PropertyKey[] = [],
): { path: string[]; message: string } {
  const first = issues[0]!
  const path = [...prefix, ...first.path]
  if (first.code === "invalid_union" && first.errors.length > 0) {
    const failed = first.errors.filter((branch) => branch.length > 0)
    // What lacks a key that must be there is hardly what was meant, unless everything lacks one.
    const meant = failed.filter((branch) => !branch.some(isMissingKey))
    const branches = (meant.length > 0 ? meant : failed).map((branch) => deepestIssue(branch, path))
    const deepest = branches.toSorted((a, b) => b.path.length - a.path.length)[0]
    if (deepest !== undefined && deepest.path.length > path.length) return deepest
    return { path: path.map(String), message: branches.map((branch) => branch.message).join(", or ") }
  }
  return { path: path.map(String), message: first.message }
}

function isMissingKey({ code, path, message }: z.core.$ZodIssue): boolean {
  return code === "invalid_type" && path.length === 1 && message.endsWith("received undefined")
}

function build(spec: WorkflowSpec, where: string): Workflow {
  const functions: Record<string, FunctionSpec> = {}
  for (const [name, fn] of Object.entries(spec.functions))
    functions[name] = { name, handler: fn.handler, threads: fn.threads ?? "single" }
  const nested = Object.entries(spec.workflows ?? {})
  const defined: Defined = { functions, workflows: nested.map(([name]) => name) }
  const top = scopeFrom(spec.steps, defined, where)
  const inside = nested.map(
    ([name, { steps }]) => [name, scopeFrom(steps, defined, `${where}: workflow ${name}`)] as const,
  )
  return {
    name: spec.name,
    functions,
    ...flatten(top, new Map(inside), where),
    ...(spec.goal === undefined ? {} : { goal: goalFrom(spec.goal) }),
  }
}

/** What steps may name. */
interface Defined {
  readonly functions: Readonly<Record<string, FunctionSpec>>
  readonly workflows: readonly string[]
}

/** The steps of one workflow, checked, in topological order. */
function scopeFrom(specs: WorkflowSpec["steps"], defined: Defined, where: string): Scope {
  const steps = Object.entries(specs).map(([name, step]) =>
    "workflow" in step ? nestedFrom(name, step) : stepFrom(name, step),
  )
  checkNames(steps, defined, where)
  const sorted = topologicalSort(steps)
  if (sorted.kind === "cycle")
    throw invalid(
      where,
      `steps form a cycle: ${sorted.path.join(" -> ")}`,
      "remove one of the `after` entries along it",
    )
  checkShapes(sorted.steps, where)
  return sorted.steps
}

function nestedFrom(name: string, { workflow, after, when }: NestedStepSpecInput): NestedStep {
  return { name, workflow, after: after ?? [], ...(when === undefined ? {} : { when: dropUndefined(when) }) }
}

function checkNames(steps: Scope, { functions, workflows }: Defined, where: string): void {
  const known = new Set(steps.map((step) => step.name))
  for (const step of steps) {
    if (isNested(step)) {
      if (!workflows.includes(step.workflow))
        throw invalid(
          where,
          `step ${step.name} runs the workflow ${step.workflow}, which is not defined`,
          `define it under workflows (there are: ${workflows.join(", ") || "none"})`,
        )
    } else if (!Object.hasOwn(functions, step.function))
      throw invalid(
        where,
        `step ${step.name} calls the function ${step.function}, which is not defined`,
        `define it under functions (there are: ${Object.keys(functions).join(", ") || "none"})`,
      )
    const seen = new Set<string>()
    for (const parent of step.after) {
      if (!known.has(parent))
        throw invalid(
          where,
          `step ${step.name} comes after ${parent}, which is not a step`,
          `name one of: ${[...known].join(", ")}`,
        )
      if (seen.has(parent)) throw invalid(where, `step ${step.name} names ${parent} twice in after`, "name it once")
      seen.add(parent)
    }
    for (const [rule, source] of [
      ["when", step.when?.step],
      ["map", isNested(step) ? undefined : step.map?.step],
    ] as const)
      if (source !== undefined && !known.has(source))
        throw invalid(
          where,
          `${rule} of step ${step.name} looks at ${source}, which is not a step`,
          "name an earlier step",
        )
  }
}

/** What a step looks at must have ended when it is ready, and a map is one way of cutting tasks among others. */
function checkShapes(sorted: Scope, where: string): void {
  const earlier = new Map<string, Set<string>>()
  for (const step of sorted) {
    const { name, after, when } = step
    const { map, split, loop } = isNested(step) ? NO_SHAPE : step
    const before = new Set(after.flatMap((parent) => [parent, ...earlier.get(parent)!]))
    earlier.set(name, before)
    for (const [rule, source] of [
      ["when", when?.step],
      ["map", map?.step],
    ] as const)
      if (source !== undefined && !before.has(source))
        throw invalid(
          where,
          `${rule} of step ${name} looks at ${source}, which does not come before it`,
          `add ${source} to \`after\` of ${name}, or name a step before it`,
        )
    if (map !== undefined && split?.kind !== "none")
      throw invalid(where, `step ${name} has both map and split`, "keep one: the elements of a map are its tasks")
    if (map !== undefined && loop !== undefined)
      throw invalid(where, `step ${name} has both map and loop`, "let one step map and another one loop")
  }
}

const NO_SHAPE: Partial<Pick<Step, "map" | "split" | "loop">> = {}

function stepFrom(name: string, spec: StepSpecInput): Step {
  return {
    name,
    function: spec.function,
    after: spec.after ?? [],
    split: splitFrom(spec.split),
    merge: mergeFrom(spec.merge),
    configSpace: spaceFrom(spec.configSpace),
    retry: spec.retry ?? [],
    timeoutMs: spec.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    tolerance: toleranceFrom(spec.tolerance),
    ...(spec.hedge === true ? { hedge: true as const } : {}),
    ...cancelOn(spec.onDeadline),
    ...(spec.when === undefined ? {} : { when: dropUndefined(spec.when) }),
    ...(spec.map === undefined ? {} : { map: dropUndefined(spec.map) }),
    ...(spec.loop === undefined ? {} : { loop: { while: dropUndefined(spec.loop.while), max: spec.loop.max } }),
  }
}

function splitFrom(split: StepSpecInput["split"]): Split {
  if (split === undefined || split === "none") return { kind: "none" }
  if (split === "each") return { kind: "each" }
  if ("size" in split) return { kind: "size", size: split.size }
  if ("export" in split) return { kind: "export", name: split.export }
  return assertNever(split)
}

function mergeFrom(merge: StepSpecInput["merge"]): Merge {
  return merge === undefined || merge === "list" ? { kind: "list" } : { kind: "export", name: merge.export }
}

function toleranceFrom(tolerance: StepSpecInput["tolerance"]): Tolerance {
  if (tolerance === undefined) return { kind: "count", count: 0 }
  return "count" in tolerance ? { kind: "count", count: tolerance.count } : { kind: "share", share: tolerance.share }
}

function spaceFrom(space: StepSpecInput["configSpace"]): ConfigSpace {
  return {
    memoryMB: rangeFrom(space?.memoryMB, DEFAULT_CONFIG_SPACE.memoryMB),
    instances: rangeFrom(space?.instances, DEFAULT_CONFIG_SPACE.instances),
    processes: rangeFrom(space?.processes, DEFAULT_CONFIG_SPACE.processes),
  }
}

function rangeFrom(range: RangeSpec | undefined, fallback: Range): Range {
  return range === undefined ? fallback : { min: range.min, max: range.max, step: range.step ?? fallback.step }
}

function cancelOn(setting: "continue" | "cancel" | undefined): { onDeadline?: "cancel" } {
  return setting === "cancel" ? { onDeadline: "cancel" } : {}
}

function goalFrom(goal: GoalSpecInput): Goal {
  const percentile = goal.percentile ?? DEFAULT_PERCENTILE
  return "sloMs" in goal
    ? { kind: "cost", sloMs: goal.sloMs, percentile, ...cancelOn(goal.onDeadline) }
    : { kind: "latency", budgetUsd: goal.budgetUsd, percentile }
}

function invalid(where: string, problem: string, fix: string): TrimtabError {
  return new TrimtabError("invalid-workflow", `${where}: ${problem}; ${fix}`, { where, fix })
}
