import { canonicalJson, type Json } from "../base/json.ts"
import type { Condition, Loop, Step } from "./workflow.ts"

/**
 * The value at a dot-separated path; a number names an element of a list, `length` how many it has, an empty path the
 * output itself. Undefined where there is none: inherited properties are not looked at.
 */
export function valueAt(output: Json, path: string): Json | undefined {
  let value: Json | undefined = output
  for (const name of path === "" ? [] : path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined
    // A list has its elements under their numbers.
    value = (value as { readonly [key: string]: Json })[name]
  }
  return value
}

/**
 * True when a recorded output meets a condition. Without an output (its step was skipped) nothing holds. Values are equal
 * as JSON; only two numbers or two texts have an order.
 */
export function holds({ path, operator, value = null }: Omit<Condition, "step">, output: Json | undefined): boolean {
  if (output === undefined) return false
  const found = valueAt(output, path)
  if (operator === "exists") return found !== undefined
  if (operator === "==" || operator === "!=") return isEqual(found, value) === (operator === "==")
  const sign = orderOf(found, value)
  if (sign === null) return false
  if (operator === "<") return sign < 0
  if (operator === "<=") return sign <= 0
  return operator === ">" ? sign > 0 : sign >= 0
}

function isEqual(found: Json | undefined, value: Json): boolean {
  return found !== undefined && canonicalJson(found) === canonicalJson(value)
}

/** Sign of found - value; null where the two have no order. */
function orderOf(found: Json | undefined, value: Json): number | null {
  const comparable =
    (typeof found === "number" && typeof value === "number") || (typeof found === "string" && typeof value === "string")
  if (!comparable) return null
  return found === value ? 0 : found < value ? -1 : 1
}

/**
 * True when a step runs: its condition holds and, where it has parents, one of them has run. `outputOf` gives the output
 * of a step that ran, undefined for one that was skipped.
 */
export function isWanted(
  { after, when }: Pick<Step, "after" | "when">,
  outputOf: (step: string) => Json | undefined,
): boolean {
  if (after.length > 0 && after.every((parent) => outputOf(parent) === undefined)) return false
  return when === undefined || holds(when, outputOf(when.step))
}

/** True when a loop goes on after so many executions, the last of which gave that output. */
export function goesOn(loop: Loop, executions: number, output: Json): boolean {
  return executions < loop.max && holds(loop.while, output)
}
