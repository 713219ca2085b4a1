import { canonicalJson } from "../../base/json.ts"
import type { DeployOptions, FunctionPackage } from "../platform.ts"
import type { FunctionBehaviour } from "./function-behaviour.ts"

/** A function as it is deployed. */
export interface DeployedFunction {
  readonly name: string
  readonly behaviour: FunctionBehaviour
  readonly options: DeployOptions
  /** Hash of the code and of the environment (P3). */
  readonly version: string
  readonly sizes: ReadonlySet<number>
}

/** What is deployed, by name. */
export class FunctionTable {
  readonly #functions = new Map<string, DeployedFunction>()
  readonly #behaviourOf: (functionName: string) => FunctionBehaviour

  constructor(behaviourOf: (functionName: string) => FunctionBehaviour) {
    this.#behaviourOf = behaviourOf
  }

  /** The function when it has that size. */
  find(functionName: string, memoryMB: number): DeployedFunction | undefined {
    const found = this.#functions.get(functionName)
    return found !== undefined && found.sizes.has(memoryMB) ? found : undefined
  }

  get(functionName: string): DeployedFunction | undefined {
    return this.#functions.get(functionName)
  }

  get names(): readonly string[] {
    return [...this.#functions.keys()]
  }

  /** Adds sizes; other code or another environment replaces the function. True when instances of before are stale. */
  deploy(pkg: FunctionPackage, memorySizesMB: readonly number[], options: DeployOptions): boolean {
    const name = pkg.functionName
    const version = `${pkg.codeSha256} ${canonicalJson(options.environment)}`
    const before = this.#functions.get(name)
    const isSame = before?.version === version
    const sizes = new Set([...(before?.sizes ?? []), ...memorySizesMB])
    const behaviour = isSame ? before.behaviour : this.#behaviourOf(name)
    this.#functions.set(name, { name, behaviour, options, version, sizes })
    return before !== undefined && !isSame
  }

  remove(functionName: string): boolean {
    return this.#functions.delete(functionName)
  }
}
