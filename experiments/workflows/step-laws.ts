import measured from "./step-laws-2026-11-28.json" with { type: "json" }
import { DEFAULT_LAW, type FunctionLaw } from "../../src/index.ts"

/** Functions as they were measured; the file says where and how. */
export type LawName = keyof typeof measured.laws

/** What a function takes on one vCPU, as a law that the simulated platform plays. Transfers belong to the step. */
export function measuredLaw(name: LawName): FunctionLaw {
  const law = measured.laws[name]
  return { ...DEFAULT_LAW, ...law, threads: law.threads === "multi" ? "multi" : "single" }
}
