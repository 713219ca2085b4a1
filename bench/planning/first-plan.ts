// node bench/planning/first-plan.ts SEED: prints what the first frontiers and the first plan of this process take, ms.
import { frontierOf } from "../../src/optimization/frontier.ts"
import { solveDeadline } from "../../src/optimization/trimtab/solve.ts"
import { drawLaw, MEDIUM_AXES } from "./generator.ts"
import { chanceOf, DAG16 } from "./instances.ts"
import { compiledSpace, OPEN_LIMITS } from "./spaces.ts"
import { timed } from "./timing.ts"

/** A deadline that generated workflows of 16 steps keep, most of them tightly. */
const SLO_MS = 20_000

const chance = chanceOf(DAG16, Number(process.argv[2] ?? 0))
const graph = DAG16.graph(chance)
const spaces = graph.names.map((name) => compiledSpace(name, drawLaw(chance), MEDIUM_AXES))
const frontiers = timed(() => spaces.map((space) => frontierOf({ space, limits: OPEN_LIMITS })))
const problem = { graph, curves: frontiers.result }
const plan = timed(() => solveDeadline(problem, SLO_MS, { effort: "default" }))
process.stdout.write(JSON.stringify({ frontiersMs: frontiers.ms, planMs: plan.ms, feasible: plan.result !== null }))
