import { readFile } from "node:fs/promises"
import { z } from "zod"
import { messageOf, systemCode, TrimtabError } from "../base/errors.ts"
import type { Problem } from "../optimization/planner.ts"
import { partsOf, type Proof } from "../optimization/plan-proof.ts"
import type { Goal } from "../workflow/goal.ts"
import type { Plan } from "../workflow/workflow.ts"

/** A plan with its bound and a proof of it, as a file. */
export interface PlanCertificateFile {
  readonly workflow: string
  readonly goal: Goal
  readonly plan: Plan
  readonly latencyMs: number
  readonly costUsd: number
  /** Proven by the planner: what the proof shows, or a little more where a search went on from there. */
  readonly lowerBound: number | null
  readonly proof: Proof
}

const amount = z.number().nonnegative()
const count = z.int().positive()
const percentile = z.number().gt(0).lt(1)
const SCHEMA = z.object({
  schemaVersion: z.literal(1),
  kind: z.literal("plan-certificate"),
  workflow: z.string(),
  goal: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("cost"), sloMs: z.number().positive(), percentile }),
    z.object({ kind: z.literal("latency"), budgetUsd: z.number().positive(), percentile }),
  ]),
  plan: z.record(z.string(), z.object({ memoryMB: count, instances: count, processes: count })),
  latencyMs: amount,
  costUsd: amount,
  lowerBound: amount.nullable(),
  proof: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("flow"),
      deadlineMs: amount,
      boundUsd: z.number(),
      stepFlow: z.array(z.number()),
      dependencyFlow: z.array(z.array(z.number())),
    }),
    z.object({ kind: z.literal("merged"), error: z.number().min(1) }),
    z.object({ kind: z.literal("least"), bound: amount }),
  ]),
})

/** The document of a certificate. `parts` names the steps that each flow goes through; a check finds them by itself. */
export function certificateDocument(file: PlanCertificateFile, problem: Problem): object {
  const { proof, ...rest } = file
  const written =
    proof.kind === "flow"
      ? {
          kind: proof.kind,
          deadlineMs: proof.deadlineMs,
          boundUsd: proof.boundUsd,
          parts: partsOf(problem),
          stepFlow: [...proof.flow.stepFlow],
          dependencyFlow: proof.flow.dependencyFlow,
        }
      : proof
  return { schemaVersion: 1, kind: "plan-certificate", ...rest, proof: written }
}

/** Reads a certificate. @throws TrimtabError `usage` for a missing file, `invalid-data` for what is none */
export async function readCertificate(path: string): Promise<PlanCertificateFile> {
  const parsed = SCHEMA.safeParse(await readJson(path))
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new TrimtabError(
      "invalid-data",
      `${path} is no certificate of a plan: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`,
      { where: path, fix: "write it again with trimtab plan --certificate" },
    )
  }
  const { proof, workflow, goal, plan, latencyMs, costUsd, lowerBound } = parsed.data
  const head = { workflow, goal, plan, latencyMs, costUsd, lowerBound }
  if (proof.kind !== "flow") return { ...head, proof }
  const { deadlineMs, boundUsd, stepFlow, dependencyFlow } = proof
  const flow = { stepFlow: Float64Array.from(stepFlow), dependencyFlow }
  return { ...head, proof: { kind: "flow", deadlineMs, boundUsd, flow } }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"))
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new TrimtabError("invalid-data", `${path} is no JSON: ${error.message}`, { where: path, cause: error })
    const kind = systemCode(error) === "ENOENT" ? "usage" : "io"
    throw new TrimtabError(kind, `${path} cannot be read: ${messageOf(error)}`, { where: path, cause: error })
  }
}
