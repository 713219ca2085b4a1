import { TrimtabError } from "../base/errors.ts"

/** The module of the user: `handler`, and the exports that `split` and `merge` name. */
export type UserModule = Readonly<Record<string, unknown>>

/** An export of the user's module, ready to be called. */
export type UserFunction = (input: unknown, context: unknown) => unknown

/** The name under which the packager puts the user's bundle beside the wrapper's. */
export const HANDLER_FILE = "handler.mjs"

/** Loads the user's module from the folder of the wrapper. */
export async function loadUserModule(entryUrl: string): Promise<UserModule> {
  return (await import(new URL(HANDLER_FILE, entryUrl).href)) as UserModule
}

/** The function exported under the name. A CommonJS module has its exports inside `default`. Throws `handler-missing`. */
export function exportOf(module: UserModule, name: string): UserFunction {
  const inner = module["default"]
  const found = module[name] ?? (typeof inner === "object" && inner !== null ? Reflect.get(inner, name) : undefined)
  // Any function can be called with two arguments.
  if (typeof found === "function") return found as UserFunction
  const names = Object.keys(module).join(", ") || "nothing"
  throw new TrimtabError("handler-missing", `the module exports no function "${name}"; it exports ${names}`, {
    fix: `add: export async function ${name}(input, context) { ... }`,
  })
}
