import type { Random } from "../base/random.ts"
import { normalQuantile } from "./normal.ts"

/**
 * A multi-layer perceptron with ReLU units and a linear output, trained on squared error by Adam with decoupled weight
 * decay and a cosine schedule; weights start as He et al. (2015) say. Inputs and targets should be standardised.
 */
export interface MlpOptions {
  /** Widths of the hidden layers, first to last. */
  readonly hidden: readonly number[]
  readonly epochs: number
  readonly batch: number
  readonly learningRate: number
  readonly weightDecay: number
}

/** The widths of ConfigNavigator (section 3.1); what the paper does not say is ours. */
export const PAPER_MLP: MlpOptions = {
  hidden: [64, 32, 16],
  epochs: 60,
  batch: 64,
  learningRate: 2e-3,
  weightDecay: 3e-4,
}

/** One layer: `weights[o * inputs + i]`, then a bias for each output, in one array. */
interface Layer {
  readonly inputs: number
  readonly outputs: number
  readonly parameters: Float64Array
}

export interface Mlp {
  readonly layers: readonly Layer[]
}

/**
 * Trains one network. `rows` and `targets` have the same length, at least 1; cost about
 * 6 * parameters * rows * epochs operations (3,700 parameters, 2,000 rows, 60 epochs: 2 s).
 */
export function trainMlp(
  data: { readonly rows: readonly ArrayLike<number>[]; readonly targets: readonly ArrayLike<number>[] },
  options: MlpOptions,
  random: Random,
): Mlp {
  const widths = [data.rows[0]!.length, ...options.hidden, data.targets[0]!.length]
  const layers = widths.slice(1).map((outputs, i) => heLayer(widths[i]!, outputs, random))
  const work = workspace(layers)
  const order = Int32Array.from(data.rows.keys())
  const batches = Math.ceil(order.length / options.batch)
  let step = 0
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    shuffle(order, random)
    for (let from = 0; from < order.length; from += options.batch) {
      const batch = order.subarray(from, from + options.batch)
      for (const gradient of work.gradients) gradient.fill(0)
      for (const row of batch) backward(layers, work, { row: data.rows[row]!, target: data.targets[row]! })
      const rate = (options.learningRate * (1 + Math.cos((Math.PI * step) / (batches * options.epochs)))) / 2
      step++
      adam(layers, work, { rate, step, scale: 1 / batch.length, decay: options.weightDecay })
    }
  }
  return { layers }
}

/** The outputs of the network for one row. */
export function mlpValues(mlp: Mlp, row: ArrayLike<number>): readonly number[] {
  let values: ArrayLike<number> = row
  for (const [i, layer] of mlp.layers.entries()) {
    const out = new Float64Array(layer.outputs)
    forward(layer, values, out)
    if (i < mlp.layers.length - 1) for (let o = 0; o < out.length; o++) out[o] = Math.max(0, out[o]!)
    values = out
  }
  return Array.from(values)
}

function heLayer(inputs: number, outputs: number, random: Random): Layer {
  const parameters = new Float64Array(inputs * outputs + outputs)
  const sd = Math.sqrt(2 / inputs)
  for (let i = 0; i < inputs * outputs; i++) parameters[i] = sd * normalQuantile(0.5 / 2 ** 52 + random.next())
  return { inputs, outputs, parameters }
}

interface Workspace {
  /** Values behind each layer, after ReLU, and the gradients of the loss by them. */
  readonly values: readonly Float64Array[]
  readonly deltas: readonly Float64Array[]
  readonly gradients: readonly Float64Array[]
  readonly first: readonly Float64Array[]
  readonly second: readonly Float64Array[]
}

function workspace(layers: readonly Layer[]): Workspace {
  const perOutput = (): Float64Array[] => layers.map((layer) => new Float64Array(layer.outputs))
  const perParameter = (): Float64Array[] => layers.map((layer) => new Float64Array(layer.parameters.length))
  return {
    values: perOutput(),
    deltas: perOutput(),
    gradients: perParameter(),
    first: perParameter(),
    second: perParameter(),
  }
}

function forward({ inputs, outputs, parameters }: Layer, values: ArrayLike<number>, out: Float64Array): void {
  for (let o = 0; o < outputs; o++) {
    let sum = parameters[inputs * outputs + o]!
    const from = o * inputs
    for (let i = 0; i < inputs; i++) sum += parameters[from + i]! * values[i]!
    out[o] = sum
  }
}

/** Adds the gradient of half the squared error of one row. */
function backward(
  layers: readonly Layer[],
  work: Workspace,
  { row, target }: { readonly row: ArrayLike<number>; readonly target: ArrayLike<number> },
): void {
  const last = layers.length - 1
  for (const [l, layer] of layers.entries()) {
    const out = work.values[l]!
    forward(layer, l === 0 ? row : work.values[l - 1]!, out)
    if (l < last) for (let o = 0; o < out.length; o++) if (out[o]! < 0) out[o] = 0
  }
  for (let o = 0; o < target.length; o++) work.deltas[last]![o] = work.values[last]![o]! - target[o]!
  for (let l = last; l >= 0; l--) backLayer(layers[l]!, work, { l, inputs: l === 0 ? row : work.values[l - 1]! })
}

function backLayer(
  { inputs, outputs, parameters }: Layer,
  work: Workspace,
  at: { readonly l: number; readonly inputs: ArrayLike<number> },
): void {
  const gradient = work.gradients[at.l]!
  const deltas = work.deltas[at.l]!
  const below = at.l === 0 ? null : work.deltas[at.l - 1]!
  below?.fill(0)
  for (let o = 0; o < outputs; o++) {
    const delta = deltas[o]!
    if (delta === 0) continue
    const from = o * inputs
    gradient[inputs * outputs + o]! += delta
    for (let i = 0; i < inputs; i++) gradient[from + i]! += delta * at.inputs[i]!
    if (below !== null) for (let i = 0; i < inputs; i++) below[i]! += delta * parameters[from + i]!
  }
  // ReLU: what was cut passes nothing back.
  if (below !== null) for (let i = 0; i < inputs; i++) if (!(at.inputs[i]! > 0)) below[i] = 0
}

const BETA_1 = 0.9
const BETA_2 = 0.999
const EPSILON = 1e-8

function adam(
  layers: readonly Layer[],
  work: Workspace,
  at: { readonly rate: number; readonly step: number; readonly scale: number; readonly decay: number },
): void {
  const first = 1 - BETA_1 ** at.step
  const second = 1 - BETA_2 ** at.step
  for (const [l, { parameters, inputs, outputs }] of layers.entries()) {
    const gradients = work.gradients[l]!
    const m = work.first[l]!
    const v = work.second[l]!
    for (let i = 0; i < parameters.length; i++) {
      const gradient = gradients[i]! * at.scale
      m[i] = BETA_1 * m[i]! + (1 - BETA_1) * gradient
      v[i] = BETA_2 * v[i]! + (1 - BETA_2) * gradient * gradient
      const decay = i < inputs * outputs ? at.decay * parameters[i]! : 0
      parameters[i]! -= at.rate * (m[i]! / first / (Math.sqrt(v[i]! / second) + EPSILON) + decay)
    }
  }
}

function shuffle(order: Int32Array, random: Random): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1))
    const swap = order[i]!
    order[i] = order[j]!
    order[j] = swap
  }
}
