import type { InitModel } from "../../src/estimation/cold-start.ts"
import { fitMappingDelay } from "../../src/estimation/mapping-delay-model.ts"
import type { StepSample } from "../../src/estimation/sample.ts"
import { selectSamples } from "../../src/estimation/sample-selection.ts"
import { fitStepConfDelay } from "../../src/estimation/stepconf-delay-model.ts"
import { instanceSample } from "../../src/estimation/testing/synthetic-profile.ts"
import { fitTransfer } from "../../src/estimation/transfer-model.ts"
import { PROBABILITIES } from "../../src/statistics/distribution.ts"
import type { DelaySet, StartRow, TransferRow } from "./delay-sets.ts"

export type Row = StartRow | TransferRow

/** Quantiles at the seven probabilities of what a row measured, ms. */
export type Predict = (row: Row) => readonly number[]

const MB_PER_VCPU = 1769
const NO_INITS = PROBABILITIES.map(() => 0)
/** Inits were not measured apart from the starts: they are part of them. */
const NO_INIT: InitModel = {
  samples: 0,
  distribution: () => ({ logMs: [-30, -30, -30, -30, -30, -30, -30], tail: { xi: 0, fromP: 0.95 } }),
  slowestMs: () => NO_INITS,
  medianMs: () => 0,
  meanMs: () => 0,
}

/** The models that the estimator uses, fitted on these rows as if they had come in this order. */
export function fitPhysical(rows: DelaySet["rows"]): Predict {
  const starts = rows.flatMap((row) => (row.kind === "start" ? [row] : []))
  return starts.length > 0
    ? fitStarts(starts)
    : fitTransfers(rows.flatMap((row) => (row.kind === "transfer" ? [row] : [])))
}

/** Starts from instances and cold starts. */
export function fitStarts(rows: readonly StartRow[]): Predict {
  const model = fitMappingDelay(rows.map((row, i) => ({ sample: stepSample(row, i), init: NO_INIT })))
  return (row) =>
    row.kind === "start"
      ? model.quantilesMs({ instances: row.instances, cold: row.cold, slowestInit: NO_INITS })
      : NO_INITS
}

function stepSample({ instances, cold, ms }: StartRow, atMs: number): StepSample {
  const config = { memoryMB: MB_PER_VCPU, instances, processes: 1 }
  const common = { source: "import", contended: false, enforced: "platform", codeSha256: "a" } as const
  return { kind: "step", atMs, config, tasks: instances, cold, mappingDelayMs: ms, wallMs: ms, ...common }
}

function fitTransfers(rows: readonly TransferRow[]): Predict {
  const samples = rows.map((row, atMs) =>
    instanceSample({
      atMs,
      memoryMB: row.memoryMB,
      downloadMs: row.ms,
      downloadBytes: row.bytes,
      downloadObjects: row.objects,
    }),
  )
  const selection = selectSamples({ functionName: "f", samples })
  const model = fitTransfer([selection], "download", MB_PER_VCPU)
  return (row) => (row.kind === "transfer" ? model.quantilesMs(row.memoryMB, row) : NO_INITS)
}

/** StepConf eq. (2) at the seven probabilities: transfers by objects and size, starts by cold instances. */
export function fitEq2(rows: DelaySet["rows"]): Predict {
  const samples = rows.map((row) => ({ predictors: predictorsOf(row), ms: row.ms }))
  const model = fitStepConfDelay(samples, { levels: PROBABILITIES })
  return (row) => model.quantilesMs(predictorsOf(row))
}

function predictorsOf(row: Row): readonly number[] {
  return row.kind === "start" ? [row.cold] : [row.objects, row.bytes / 1e6]
}
