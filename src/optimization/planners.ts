import type { Estimator } from "../estimation/estimator.ts"
import type { Goal } from "../workflow/goal.ts"
import type { PlatformLimits } from "../workflow/limits.ts"
import { cosePlanner } from "./baselines/cose/cose-planner.ts"
import { cosePolicy } from "./baselines/cose/cose-policy.ts"
import { defaultPlanner, randomPlanner } from "./baselines/null-baselines.ts"
import { oraclePlanner } from "./baselines/oracle.ts"
import { orionPlanner } from "./baselines/orion/orion-planner.ts"
import {
  algorithmOnePlanner,
  stepConfInterPlanner,
  stepConfIntraPlanner,
  type StepConfPreset,
} from "./baselines/stepconf/stepconf-planners.ts"
import { algorithmOne, stepConfInter, stepConfIntra } from "./baselines/stepconf/stepconf-policies.ts"
import { vanillaPlanner } from "./baselines/vanilla.ts"
import { configNavigatorPlanner } from "./confignavigator/config-navigator-planner.ts"
import { frontierMergePlanner } from "./frontier-merge/frontier-merge-planner.ts"
import { jolteonPlanner } from "./jolteon/jolteon-planner.ts"
import type { Planner } from "./planner.ts"
import type { Policy } from "./policy.ts"
import { aquatopePlanner, bayesianPlanner, charmseekerPlanner } from "./searches/search-planners.ts"
import { stepConf } from "./stepconf/step-conf.ts"
import { stepConfPlanner } from "./stepconf/step-conf-planner.ts"
import { trimtabPlanner } from "./trimtab-planner.ts"
import { trimtabPolicy } from "./trimtab-policy.ts"
import type { EstimateOf } from "./uncertainty/candidates.ts"
import { chancePlanner } from "./uncertainty/chance-planner.ts"

export type Knob = "memory" | "instances" | "processes"

interface Entry {
  /** Unique among planners and among policies. */
  readonly name: string
  readonly goals: readonly Goal["kind"][]
  /** What it chooses; the other knobs stay at one value. */
  readonly knobs: readonly Knob[]
  /** `exact` where it proves its plans to 1e-4, `bounded` where it tells a proven gap for some goal. */
  readonly exactness: "exact" | "bounded" | "heuristic"
  /** The paper, or `trimtab`. */
  readonly source: string
}

/** What some planners need beside a problem. */
export interface PlannerSource {
  /** Whole Estimates, for planners that count how often a plan keeps its goal. */
  readonly estimateOf: EstimateOf
}

export interface PlannerEntry extends Entry {
  /** `static`: from estimates alone; `search`: by runs that it asks for, here on the estimates. */
  readonly kind: "static" | "search"
  readonly create: (source: PlannerSource) => Planner
}

/** What a policy is made from. */
export interface PolicySource {
  readonly estimator: Estimator
  readonly limits: PlatformLimits
  /** For policies that search: called when a decision begins, and what it returns ends the search (trimtab-policy.ts). */
  readonly stopper?: () => () => boolean
}

export interface PolicyEntry extends Entry {
  readonly kind: "online"
  readonly create: (source: PolicySource) => Policy
}

const BOTH = ["cost", "latency"] as const
const COST = ["cost"] as const
const ALL = ["memory", "instances", "processes"] as const
const MEMORY = ["memory"] as const
const INTER = ["memory", "instances"] as const
const INTRA = ["memory", "processes"] as const

const OURS = { goals: BOTH, knobs: ALL, source: "trimtab" } as const
const STEPCONF = "StepConf (TPDS 2024)"
const heuristic = { goals: BOTH, exactness: "heuristic" } as const
const PRESETS: readonly StepConfPreset[] = ["published", "repaired"]

/** Planners; nearly all need nothing but a problem. */
export const PLANNERS: readonly PlannerEntry[] = [
  { name: "trimtab", kind: "static", ...OURS, exactness: "bounded", create: () => trimtabPlanner() },
  {
    name: "chance-constrained",
    kind: "static",
    ...OURS,
    exactness: "heuristic",
    create: ({ estimateOf }) => chancePlanner({ estimateOf }),
  },
  { name: "frontier-merge", kind: "static", ...OURS, exactness: "bounded", create: () => frontierMergePlanner() },
  { name: "stepconf", kind: "static", ...OURS, exactness: "bounded", create: () => stepConfPlanner() },
  {
    name: "oracle",
    kind: "static",
    goals: BOTH,
    knobs: ALL,
    exactness: "exact",
    source: STEPCONF,
    create: () => oraclePlanner(),
  },
  ...PRESETS.flatMap((preset): PlannerEntry[] => {
    const of = { kind: "static", ...heuristic, source: STEPCONF } as const
    return [
      { name: `stepconf-${preset}`, ...of, knobs: ALL, create: () => algorithmOnePlanner({ preset }) },
      { name: `stepconf-inter-${preset}`, ...of, knobs: INTER, create: () => stepConfInterPlanner({ preset }) },
      { name: `stepconf-intra-${preset}`, ...of, knobs: INTRA, create: () => stepConfIntraPlanner({ preset }) },
    ]
  }),
  { name: "vanilla", kind: "static", ...heuristic, knobs: MEMORY, source: STEPCONF, create: () => vanillaPlanner() },
  {
    name: "orion",
    kind: "static",
    ...heuristic,
    knobs: INTRA,
    source: "Orion (OSDI 2022)",
    create: () => orionPlanner(),
  },
  {
    name: "cose",
    kind: "search",
    ...heuristic,
    knobs: MEMORY,
    source: "COSE (INFOCOM 2020)",
    create: () => cosePlanner(),
  },
  {
    name: "config-navigator",
    kind: "static",
    ...heuristic,
    knobs: MEMORY,
    source: "ConfigNavigator (MM 2025)",
    create: () => configNavigatorPlanner(),
  },
  {
    name: "jolteon",
    kind: "static",
    ...heuristic,
    knobs: INTER,
    source: "Jolteon (NSDI 2024)",
    create: () => jolteonPlanner(),
  },
  {
    name: "charmseeker",
    kind: "search",
    ...heuristic,
    knobs: INTER,
    source: "Charmseeker (ToN 2022)",
    create: () => charmseekerPlanner(),
  },
  {
    name: "aquatope",
    kind: "search",
    ...heuristic,
    knobs: MEMORY,
    source: "Aquatope (ASPLOS 2023)",
    create: () => aquatopePlanner(),
  },
  { name: "bayesian", kind: "search", ...heuristic, knobs: MEMORY, source: "trimtab", create: () => bayesianPlanner() },
  { name: "random", kind: "static", ...heuristic, knobs: ALL, source: "trimtab", create: () => randomPlanner() },
  { name: "default", kind: "static", ...heuristic, knobs: [], source: "trimtab", create: () => defaultPlanner() },
]

/** Policies that need estimates and limits; every plan can be followed too (static-policy.ts). */
export const POLICIES: readonly PolicyEntry[] = [
  { name: "trimtab", kind: "online", ...OURS, exactness: "heuristic", create: trimtabPolicy },
  { name: "stepconf", kind: "online", ...OURS, exactness: "heuristic", create: stepConf },
  ...PRESETS.flatMap((preset): PolicyEntry[] => {
    const of = { kind: "online", goals: COST, exactness: "heuristic", source: STEPCONF } as const
    return [
      { name: `stepconf-${preset}`, ...of, knobs: ALL, create: (on) => algorithmOne({ ...on, preset }) },
      { name: `stepconf-inter-${preset}`, ...of, knobs: INTER, create: (on) => stepConfInter({ ...on, preset }) },
      { name: `stepconf-intra-${preset}`, ...of, knobs: INTRA, create: (on) => stepConfIntra({ ...on, preset }) },
    ]
  }),
  {
    name: "cose",
    kind: "online",
    goals: COST,
    exactness: "heuristic",
    knobs: MEMORY,
    source: "COSE (INFOCOM 2020)",
    create: cosePolicy,
  },
]
