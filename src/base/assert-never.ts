/** Ends a switch over a tag: a new tag is a type error here before it is a bug at run time. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`)
}
