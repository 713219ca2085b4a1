import type { Random } from "../../base/random.ts"
import { mlpValues, type MlpOptions, trainMlp } from "../../statistics/mlp.ts"
import type { EstimatedOptions } from "../searches/search-space.ts"

/** What a simple network makes of every option: latency in ms and cost in USD, by step and option. */
export interface NetworkPredictions {
  readonly latencyMs: readonly Float64Array[]
  readonly costUsd: readonly Float64Array[]
}

/** "A simple neural network" is all the paper says: small enough to be trained with every plan. */
const NETWORK: MlpOptions = { hidden: [16, 8], epochs: 60, batch: 16, learningRate: 5e-3, weightDecay: 1e-4 }
/** Options of a step that the network is trained on; the 8:2 split of the paper where there are as few. */
const MOST_TRAINED = 48
const TRAINED_SHARE = 0.8

/**
 * Trains one network on a part of the options of all steps, from which step it is and its inputs to the logarithms of
 * latency and cost relative to the step's first option, and predicts all options with it. About 100 ms for 8 steps.
 */
export function networkPredictions(steps: readonly EstimatedOptions[], random: Random): NetworkPredictions {
  const width = steps.reduce((most, { inputs }) => Math.max(most, inputs[0]!.length), 0)
  const rowOf = (step: number, option: number): number[] => [
    ...steps.map((_, i) => Number(i === step)),
    ...Array.from({ length: width }, (_, d) => steps[step]!.inputs[option]![d] ?? 0),
  ]
  const targetOf = ({ latencyMs, costUsd }: EstimatedOptions, option: number): number[] => [
    Math.log(latencyMs[option]! / latencyMs[0]!),
    Math.log(costUsd[option]! / costUsd[0]!),
  ]
  const trained = steps.flatMap((step, i) => trainingOptions(step, random).map((option) => ({ step, i, option })))
  const network = trainMlp(
    {
      rows: trained.map(({ i, option }) => rowOf(i, option)),
      targets: trained.map(({ step, option }) => targetOf(step, option)),
    },
    NETWORK,
    random,
  )
  const predicted = steps.map((step, i) => step.configs.map((_, option) => mlpValues(network, rowOf(i, option))))
  const table = (side: 0 | 1, first: (step: EstimatedOptions) => number): Float64Array[] =>
    steps.map((step, i) => Float64Array.from(predicted[i]!, (values) => first(step) * Math.exp(values[side]!)))
  return { latencyMs: table(0, (step) => step.latencyMs[0]!), costUsd: table(1, (step) => step.costUsd[0]!) }
}

function trainingOptions({ configs }: EstimatedOptions, random: Random): number[] {
  const options = [...configs.keys()]
  for (let i = options.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1))
    ;[options[i], options[j]] = [options[j]!, options[i]!]
  }
  return options.slice(0, Math.max(1, Math.min(MOST_TRAINED, Math.round(TRAINED_SHARE * options.length))))
}
