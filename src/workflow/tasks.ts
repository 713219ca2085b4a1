import { TrimtabError } from "../base/errors.ts"
import type { Json } from "../base/json.ts"
import { valueAt } from "./condition.ts"
import type { InputSource, MapOver, Step } from "./workflow.ts"

/**
 * The input of a step: the run's input without parents, the parent's output with one, `{ parent: output }` with
 * several, of which those that were skipped are left out; or what its own `input` says. `skipped` names them; every other parent must be in `outputs`:
 * a miss is a bug of the caller.
 */
export function stepInput(
  step: Pick<Step, "name" | "after" | "input">,
  outputs: ReadonlyMap<string, Json>,
  runInput: Json,
  skipped: ReadonlySet<string> = NONE,
): Json {
  const outputOf = (parent: string): Json => {
    const output = outputs.get(parent)
    if (output === undefined) throw new Error(`step ${step.name} was asked for its input before ${parent} ended`)
    return output
  }
  if (step.input !== undefined)
    return sourceValue(step.input, (name) => (skipped.has(name) ? undefined : outputOf(name)), runInput) ?? null
  if (step.after.length === 0) return runInput
  if (step.after.length === 1) return outputOf(step.after[0]!)
  const ran = step.after.filter((parent) => !skipped.has(parent))
  return Object.fromEntries(ran.map((parent) => [parent, outputOf(parent)]))
}

/** The value at a source; undefined where every step that it comes from was skipped. */
export function sourceValue(
  source: InputSource,
  outputOf: (step: string) => Json | undefined,
  runInput: Json,
): Json | undefined {
  if (source.kind === "run") return runInput
  if (source.kind === "step") return outputOf(source.step)
  const fields = source.fields.flatMap(([name, inner]): [string, Json][] => {
    const value = sourceValue(inner, outputOf, runInput)
    return value === undefined ? [] : [[name, value]]
  })
  return fields.length === 0 ? undefined : Object.fromEntries(fields)
}

const NONE: ReadonlySet<string> = new Set()

/** The export that must be called to split the input, with the input as its one task; null where `tasksOf` can do it. */
export function splitExport(step: Pick<Step, "split">): string | null {
  return step.split.kind === "export" ? step.split.name : null
}

/** The export that must be called to merge the results, with the list of results as its one task; null where `mergeResults` can do it. */
export function mergeExport(step: Pick<Step, "merge">): string | null {
  return step.merge.kind === "export" ? step.merge.name : null
}

/**
 * The tasks of a step. With an exported split, `input` is what that export returned. Where a step has several parents
 * their lists are taken together, element by element: task i is `{ parent: its element i }`.
 * @throws TrimtabError `run-failed` when a list is needed and the input is none, or the lists differ in length.
 */
export function tasksOf(step: Pick<Step, "name" | "split" | "after">, input: Json): readonly Json[] {
  const { split } = step
  if (split.kind === "none") return [input]
  const list = split.kind !== "export" && step.after.length > 1 ? zipped(step, input) : input
  if (!isList(list)) throw notAList(step, list)
  if (split.kind !== "size") return list
  const groups: Json[] = []
  for (let start = 0; start < list.length; start += split.size) groups.push(list.slice(start, start + split.size))
  return groups
}

/**
 * The tasks of a step with a map: the elements of the list in an earlier output. None where that step was skipped.
 * @throws TrimtabError `run-failed` when there is no list.
 */
export function mappedTasks(step: Pick<Step, "name">, map: MapOver, output: Json | undefined): readonly Json[] {
  if (output === undefined) return []
  const list = valueAt(output, map.path)
  if (list !== undefined && isList(list)) return list
  const place = map.path === "" ? `the output of ${map.step}` : `${map.path} of the output of ${map.step}`
  throw new TrimtabError(
    "run-failed",
    `step ${step.name}: ${place} is ${list === undefined ? "missing" : typeName(list)}, not a list to map over`,
    { where: step.name, fix: `let ${map.step} return a list there` },
  )
}

/** `{ a: [1, 2], b: [3, 4] }` as `[{ a: 1, b: 3 }, { a: 2, b: 4 }]`. */
function zipped(step: Pick<Step, "name" | "split" | "after">, input: Json): readonly Json[] {
  const lists = Object.entries(input ?? {}).map(([parent, list]): [string, readonly Json[]] => {
    if (!isList(list)) throw notAList(step, list)
    return [parent, list]
  })
  const lengths = new Set(lists.map(([, list]) => list.length))
  if (lengths.size > 1)
    throw new TrimtabError("run-failed", `step ${step.name}: its parents gave lists of ${[...lengths].join(" and ")}`, {
      where: step.name,
      fix: "give lists of equal length, or join them in an exported split",
    })
  const [first] = lists
  return (first?.[1] ?? []).map((_, i) => Object.fromEntries(lists.map(([parent, list]) => [parent, list[i]!])))
}

/**
 * Cuts tasks into contiguous parts, one per instance, whose sizes differ by at most one, the larger ones first.
 * There are never more parts than tasks; no tasks give no parts.
 */
export function partsOf<T>(tasks: readonly T[], instances: number): (readonly T[])[] {
  const count = Math.min(Math.max(1, Math.floor(instances)), tasks.length)
  const size = Math.floor(tasks.length / count)
  const larger = tasks.length % count
  return Array.from({ length: count }, (_, part) => {
    const start = part * size + Math.min(part, larger)
    return tasks.slice(start, start + size + (part < larger ? 1 : 0))
  })
}

/**
 * The output of a step whose merge is `list`: the results in task order, null where a task failed; the one result
 * itself where the step was not split. With an exported merge the output is what that export returned.
 */
export function mergeResults(step: Pick<Step, "split" | "map">, results: readonly Json[]): Json {
  return step.split.kind === "none" && step.map === undefined ? (results[0] ?? null) : results
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function notAList(step: Pick<Step, "name" | "split">, input: Json | undefined): TrimtabError {
  const got = typeName(input)
  const { split } = step
  if (split.kind === "export")
    return new TrimtabError("run-failed", `step ${step.name}: its split ${split.name} returned ${got}, not a list`, {
      where: step.name,
      fix: `return a list of tasks from ${split.name}`,
    })
  return new TrimtabError("run-failed", `step ${step.name}: its input is ${got}, not a list that it could split`, {
    where: step.name,
    fix: "give it a list, or set split: none",
  })
}

function typeName(value: Json | undefined): string {
  return value === null ? "null" : typeof value
}
