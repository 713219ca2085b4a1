import { canonicalJson, type Json } from "../base/json.ts"
import type { Condition } from "./workflow.ts"

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
