import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { messageOf } from "../base/errors.ts"
import { packageFunction } from "../packaging/package-function.ts"
import type { FunctionPackage } from "../platforms/platform.ts"
import { countInvocation } from "./extended-profile.ts"
import { type CountingTool, findCountingTool } from "./instruction-count.ts"

/** Two starts of Node under valgrind take 10 s alone, ten times as long on a busy machine. */
const TIMEOUT_MS = 300_000

/** Turns of a loop that V8 compiles: three or four instructions each. */
const TURNS = 5e6

const HANDLER = `
export function handler(task: { turns: number }): number {
  let sum = 0
  for (let i = 0; i < task.turns; i++) sum = (sum * 31 + i) | 0
  return sum
}
`

let folder: string
let pkg: FunctionPackage
let tool: CountingTool | null = null

beforeAll(async () => {
  tool = await findCountingTool().catch((error: unknown) => {
    console.warn(`skipped: ${messageOf(error)}`)
    return null
  })
  folder = await mkdtemp(join(tmpdir(), "trimtab-extended-"))
  await writeFile(join(folder, "handler.ts"), HANDLER)
  const handlerPath = join(folder, "handler.ts")
  pkg = await packageFunction({
    functionName: "loop",
    handlerPath,
    threads: "single",
    outDir: join(folder, "packages"),
  })
})
afterAll(async () => await rm(folder, { recursive: true, force: true }))

test(
  "counts the instructions and branches of one warm invocation",
  async (context) => {
    if (tool === null) context.skip("nothing on this machine counts instructions")
    const request = { pkg, tasks: [{ turns: TURNS }], environment: {}, ...(tool !== null && { tool }) }
    const { instructions, branches } = await countInvocation(request)
    // At least multiply, add and compare each turn; interpreted code would be far above the upper bound.
    expect(instructions).toBeGreaterThan(2 * TURNS)
    expect(instructions).toBeLessThan(30 * TURNS)
    expect(branches).toBeGreaterThan(0.2 * TURNS)
    expect(branches).toBeLessThan(instructions)
  },
  TIMEOUT_MS,
)
