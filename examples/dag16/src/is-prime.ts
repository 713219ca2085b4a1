import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { Context, FileRef } from "../../../src/index.ts"

/** How hard a step is: the numbers that each of its tasks tests, and the bytes that a task hands on. */
export interface Difficulty {
  readonly numbers: number
  readonly outputBytes: number
}

export interface Counted {
  readonly index: number
  readonly primes: number
  readonly data: FileRef
}

/** Numbers of this size take up to 16,000 divisions each. */
const FROM = 1_000_000_007

/** A handler that counts primes by trial division and hands a file on, whatever its parents handed to it. */
export function isPrimeHandler({ numbers, outputBytes }: Difficulty) {
  return async (task: unknown, context: Context): Promise<Counted> => {
    const index = indexOf(task)
    const from = FROM + 2 * numbers * index
    let primes = 0
    for (let i = 0; i < numbers; i++) if (isPrime(from + 2 * i)) primes++
    const path = join(context.tmpDir, "numbers.bin")
    await writeFile(path, Buffer.alloc(outputBytes, `${from} ${primes} `))
    return { index, primes, data: context.file(path) }
  }
}

export function isPrime(n: number): boolean {
  if (n < 2 || n % 2 === 0) return n === 2
  for (let d = 3; d * d <= n; d += 2) if (n % d === 0) return false
  return true
}

/** A number at the roots, a result after one parent, `{ parent: result }` after several: all have the same index. */
function indexOf(task: unknown): number {
  if (typeof task === "number") return task
  if (typeof task !== "object" || task === null) throw new Error("a task is a number or what a parent returned")
  if ("index" in task) return Number(task.index)
  return indexOf(Object.values(task)[0])
}
