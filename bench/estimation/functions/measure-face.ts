import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Json } from "../../../src/base/json.ts"
import type { Store } from "../../../src/stores/store.ts"
import type { MeasuredData } from "../measure/data-file.ts"
import { measure } from "../measure/harness.ts"
import type { MeasurePlan } from "../measure/plan.ts"
import { functionSetData, writeFunctionSet } from "./data.ts"
import { forgetProfiles, profileAll } from "./profiles.ts"

const EXAMPLE = fileURLToPath(new URL("../../../examples/video/", import.meta.url))

/** The functions of face-beautification (ConfigNavigator, Table 5), by the module that does each. */
const FUNCTIONS = {
  "face-detection": "detect-faces",
  beautification: "beautify",
  restore: "restore",
  hd: "enlarge-face",
} as const

const MEMORIES_MB = [128, 256, 512, 1024, 2048, 4096] as const

/** The first is not kept. */
const REPEATS = 21
const BUDGET_MS = 9 * 60_000

/** A photograph of four people that comes with the face-api package (MIT). */
const PHOTOGRAPH = join(EXAMPLE, "node_modules/@vladmandic/face-api/demo/sample6.jpg")
const KEY = "input/people.jpg"

/** The surest face in it, as shares: left, top, width, height. */
const FACE = { box: [0.3524, 0.2433, 0.1046, 0.1744], score: 0.95, confirmed: true } as const

/**
 * Measures the four functions with real models on one photograph and writes `face-YYYY-MM-DD.json`. Sizes that are too
 * small for a model are named in `origin.failed`. Cut off, it goes on at the next start.
 */
export async function measureFace(
  options: { readonly repeats?: number; readonly folder?: string } = {},
): Promise<void> {
  if (!existsSync(PHOTOGRAPH)) throw new Error("the video example is not installed: run scripts/setup --demo")
  const photograph = await readFile(PHOTOGRAPH)
  const sha256 = createHash("sha256").update(photograph).digest("hex")
  const task: Json = { image: { $ref: KEY, bytes: photograph.byteLength, sha256 }, faces: [FACE] }
  const prepare = async (store: Store): Promise<void> => void (await store.put(KEY, photograph))
  const functions = Object.entries(FUNCTIONS).map(([id, module]) => ({
    id,
    modules: { handler: module, photograph: "sample6.jpg, 1920 x 1537" },
    handlerPath: join(EXAMPLE, `src/face/${module}.ts`),
  }))
  const profiled = functions.map(({ id, handlerPath }) => ({ id, handlerPath, threads: "single" as const, task }))
  const profiles = await profileAll("face", profiled, {}, prepare)
  const folder = await mkdtemp(join(tmpdir(), "trimtab-face-"))
  try {
    const plan = planOf(functions, task, options.repeats ?? REPEATS)
    const measured = JSON.parse(await readFile(await measure(plan, { folder, prepare }), "utf8")) as MeasuredData
    const described = {
      what: "warm durations of the functions of face-beautification, and their operations at full CPU",
      packages: "tfjs-wasm 4.22.0, @vladmandic/human 3.3.6 (BlazeFace, FaceMesh), esrgan-slim 1.0.0, sharp 0.35.5",
    }
    await writeFunctionSet("face", functionSetData(measured, { functions, profiles, described }), options.folder)
    forgetProfiles("face")
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function planOf(
  functions: readonly { readonly id: string; readonly handlerPath: string }[],
  task: Json,
  repeats: number,
): MeasurePlan {
  return {
    name: "face",
    functions: functions.map(({ id, handlerPath }) => ({ name: id, handlerPath })),
    cells: functions.flatMap(({ id }) =>
      MEMORIES_MB.map((memoryMB) => ({
        functionName: id,
        memoryMB,
        payload: [task],
        repeats,
        maxVcpus: 1,
        expectedMs: Math.round(200 / Math.min(1, memoryMB / 1769)),
        tags: { id },
      })),
    ),
    vcpuScale: 0.85,
    order: "packed",
    budgetMs: BUDGET_MS,
    store: true,
    columns: ["durationMs", "contended"],
  }
}
