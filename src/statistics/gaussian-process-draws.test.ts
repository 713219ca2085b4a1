import { expect, test } from "vitest"
import { seededRandom } from "../base/random.ts"
import { conditionGaussianProcess, type KernelParameters } from "./gaussian-process.ts"
import { leaveOneOut, posteriorDraws } from "./gaussian-process-draws.ts"
import { normalQuantile } from "./normal.ts"

const PARAMETERS: KernelParameters = { logLengths: [Math.log(0.4)], logAmplitude: 0, logNoise: Math.log(0.2) }
const DATA = { inputs: [[0], [0.2], [0.45], [0.8], [1]], targets: [0.3, 1, 0.2, -0.6, -0.4] }

test("joint draws have the mean and the variance of the posterior, at the observations and elsewhere", () => {
  const random = seededRandom(3)
  const normals = Array.from({ length: 4000 }, () =>
    Array.from({ length: 10 }, () => normalQuantile(0.5 / 2 ** 52 + random.next())),
  )
  const draws = posteriorDraws(DATA, PARAMETERS, normals)
  const exact = conditionGaussianProcess(DATA, PARAMETERS)
  const moments = (values: readonly number[]): readonly [number, number] => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length]
  }
  for (const [i, input] of DATA.inputs.entries()) {
    const [mean, variance] = moments(draws.values.map((values) => values[i]!))
    const posterior = exact.predict(input)
    // Four standard errors of 4,000 draws: of the mean 4 sd / sqrt(4000), of the variance 4 sqrt(2 / 4000).
    expect(Math.abs(mean - posterior.mean)).toBeLessThan(0.064 * Math.sqrt(posterior.variance))
    expect(Math.abs(variance / posterior.variance - 1)).toBeLessThan(0.09)
  }
  const elsewhere = draws.predict([0.6])
  const [mean, variance] = moments([...elsewhere.means])
  const posterior = exact.predict([0.6])
  expect(Math.abs(mean - posterior.mean)).toBeLessThan(0.064 * Math.sqrt(posterior.variance))
  expect(Math.abs((variance + elsewhere.variance) / posterior.variance - 1)).toBeLessThan(0.09)
})

test("what is left out is predicted as if it had never been seen", () => {
  const predicted = leaveOneOut(DATA, PARAMETERS)
  for (const [i, input] of DATA.inputs.entries()) {
    const others = {
      inputs: DATA.inputs.filter((_, j) => j !== i),
      targets: DATA.targets.filter((_, j) => j !== i),
    }
    const expected = conditionGaussianProcess(others, PARAMETERS).predict(input)
    // The jitters of the two differ by 1e-6 of the variance.
    expect(predicted[i]!.mean).toBeCloseTo(expected.mean, 4)
    expect(predicted[i]!.variance).toBeCloseTo(expected.variance + 0.2 ** 2, 4)
  }
})
