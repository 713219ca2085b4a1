import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { seededRandom } from "../../src/base/random.ts"
import { operationEstimator } from "../../src/estimation/operation/operation-estimator.ts"
import { fitOperationModel } from "../../src/estimation/operation/operation-model.ts"
import { operationModelOf } from "../../src/estimation/operation/operation-model-file.ts"
import { priorOperationModel } from "../../src/estimation/operation/prior-model.ts"
import { SHIPPED_LOCAL } from "../../src/estimation/operation/shipped-local.ts"
import { shippedOperationModel } from "../../src/estimation/operation/shipped-models.ts"
import { syntheticFunctions } from "../../src/estimation/operation/testing/synthetic-functions.ts"
import { quantile } from "../../src/statistics/quantile-table.ts"
import { type FunctionSetData, writeFunctionSet } from "./functions/data.ts"
import { newestPath } from "./functions/newest.ts"
import { writeOperationModel } from "./operation-model.ts"

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "trimtab-operation-model-"))
})
afterAll(async () => await rm(folder, { recursive: true, force: true }))

test("the command fits the newest measurement, says so, and names the file as what is shipped", async () => {
  const set = syntheticFunctions({ count: 30, repeats: 6, random: seededRandom(4) })
  const data: FunctionSetData = {
    origin: { measuredOn: "a simulation", cores: 2, runs: 1 },
    platform: { ...set.platform, enforcement: "simulated" },
    measuredAt: "2026-02-03",
    memoryMB: [128],
    functions: set.functions.map((one) => ({ ...one, modules: {} })),
  }
  await writeFunctionSet("functions", { ...data, measuredAt: "2026-01-01", functions: data.functions.slice(1) }, folder)
  await writeFunctionSet("functions", data, folder)
  const index = join(folder, "shipped-local.ts")
  const path = await writeOperationModel({ from: folder, to: folder, index })
  expect(await readFile(index, "utf8")).toContain('import model from "../data/operation-model-local-2026-02-03.json"')
  expect(basename(path)).toBe("operation-model-local-2026-02-03.json")
  const file = JSON.parse(await readFile(path, "utf8")) as { origin: Record<string, unknown> }
  expect(file.origin).toMatchObject({ data: "functions-2026-02-03.json", measuredOn: "a simulation", cores: 2 })
  expect(file.origin["sha256"]).toMatch(/^[0-9a-f]{64}$/)
  const [own, fitted] = [operationModelOf(file), fitOperationModel(set)]
  const profile = set.functions[0]!.operations
  for (const memoryMB of [128, 700, 3000]) {
    const at = (model: typeof own): number => quantile(operationEstimator(model, profile).predict(memoryMB).times, 0.95)
    expect(Math.abs(at(own) / at(fitted) - 1)).toBeLessThan(1e-3)
  }
})

test("what is shipped was made from the newest measurement, or is a prior before there is one", () => {
  const platform = { periodMs: 20, mbPerVcpu: 1769, vcpuScale: 1, cores: 2 }
  const shipped = shippedOperationModel("local", platform)
  expect(shipped).toMatchObject({ source: "portable", platform })
  const newest = newestPath("functions")
  if (newest === null) {
    expect(shipped).toEqual(priorOperationModel(platform))
    return
  }
  expect(SHIPPED_LOCAL).toMatchObject({
    origin: { data: basename(newest), sha256: createHash("sha256").update(readFileSync(newest)).digest("hex") },
  })
})
