/** A function as a client names it: `name`, `name:qualifier`, or an ARN with or without one. */
export interface NamedFunction {
  readonly name: string
  readonly qualifier?: string
}

const NAME = /^[a-zA-Z0-9-_]{1,64}$/
const QUALIFIER = /^(\$LATEST|[a-zA-Z0-9-_]{1,128})$/

/**
 * Reads the path segment of a function and the Qualifier parameter. A text in the result is what is wrong with
 * them.
 */
export function parseFunctionName(segment: string, parameter: string | null): NamedFunction | string {
  const text = segment.startsWith("arn:") ? segment.split(":").slice(6).join(":") : segment.split(":function:").at(-1)!
  const [name, inName, ...rest] = text.split(":")
  if (name === undefined || !NAME.test(name) || rest.length > 0)
    return `1 validation error detected: '${segment.slice(0, 140)}' is not a function name or ARN`
  if (inName !== undefined && parameter !== null && parameter !== "" && inName !== parameter)
    return "The derived qualifier from the function name does not match the specified qualifier."
  const qualifier = inName ?? (parameter === "" ? undefined : (parameter ?? undefined))
  if (qualifier === undefined) return { name }
  if (!QUALIFIER.test(qualifier)) return `1 validation error detected: '${qualifier.slice(0, 140)}' is not a qualifier`
  return { name, qualifier }
}
