import { parseWorkflow, type Workflow } from "../../../src/index.ts"

/** The graph of StepConf's synthetic workflow is in a figure that its text does not spell out: this is our reading. */
const EDGES = "0-1 0-2 0-3 1-4 1-5 2-5 2-6 3-7 4-8 5-8 5-9 6-10 7-10 7-11 8-12 9-12 9-13 10-13 11-14 12-15 13-15 14-15"
/** Drawn once; the paper draws them at random too. */
const DIFFICULTIES =
  "easy hardest hard medium easy hardest hard medium easy hardest hard medium easy hardest hard medium"

const configSpace = {
  memoryMB: { min: 128, max: 3456, step: 128 },
  instances: { min: 1, max: 5, step: 1 },
  processes: { min: 1, max: 3, step: 1 },
}

/**
 * The 16 steps of the StepConf paper (DAG16, after Lin and Khazaei): is-prime of four difficulties over a graph that is
 * not series-parallel, with files of four sizes handed on. Input: a list of task numbers.
 */
export const dag16: Workflow = parseWorkflow(
  {
    name: "dag16",
    functions: Object.fromEntries(
      ["easy", "medium", "hard", "hardest"].map((name) => [name, { handler: `./src/${name}.ts`, threads: "single" }]),
    ),
    steps: Object.fromEntries(
      DIFFICULTIES.split(" ").map((difficulty, i) => [
        `s${i}`,
        { function: difficulty, after: parentsOf(i), split: "each", configSpace, timeoutMs: 120_000 },
      ]),
    ),
    goal: { sloMs: 30_000, percentile: 0.95 },
  },
  "examples/dag16",
)

function parentsOf(step: number): string[] {
  const edges = EDGES.split(" ").map((edge) => edge.split("-"))
  return edges.filter(([, to]) => to === String(step)).map(([from]) => `s${from}`)
}
