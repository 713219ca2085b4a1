import { type CellResiduals, logResiduals } from "./cells.ts"
import { fitColdTransferWork, fitInit, type InitModel } from "./cold-start.ts"
import type { DelayPriors } from "./delay-priors.ts"
import type { FunctionModel } from "./function-model.ts"
import { fitMappingDelay, type MappingDelayModel } from "./mapping-delay-model.ts"
import { type NoisePool, poolNoise } from "./noise.ts"
import type { InstanceSample } from "./sample.ts"
import type { SelectedSample, Selection } from "./sample-selection.ts"
import { type StepForecast, stepForecasts } from "./step-forecasts.ts"
import { fitTransfer, type TransferModel } from "./transfer-model.ts"

/** What all functions of the workflow share: noise, transfers, launches. */
export interface Pools {
  readonly noise: NoisePool
  readonly inits: ReadonlyMap<string, InitModel>
  readonly download: TransferModel
  readonly upload: TransferModel
  readonly mappingDelay: MappingDelayModel
  /** How earlier predictions of whole steps went, by function. */
  readonly forecasts: ReadonlyMap<string, readonly StepForecast[]>
}

/** Fits what is shared. `priors` stand in where little was measured. */
export function fitPools(
  selections: readonly Selection[],
  { mbPerVcpu, priors }: { readonly mbPerVcpu: number; readonly priors: DelayPriors },
): Pools {
  const coldOf = (selection: Selection): Selection["ok"] => singles(selection.ok.filter((sample) => sample.cold))
  const allInits = selections
    .flatMap(coldOf)
    .map((sample) => sample.initMs)
    .filter((ms) => ms > 0)
  const inits = new Map(
    selections.map((selection) => [selection.functionName, fitInit(coldOf(selection), allInits, mbPerVcpu)]),
  )
  const steps = selections.flatMap((selection) =>
    selection.steps.map((sample) => ({ sample, init: inits.get(selection.functionName)! })),
  )
  const single = selections.map((selection) => ({ ...selection, ok: singles(selection.ok) }))
  return {
    noise: poolNoise(selections.flatMap(warmResiduals)),
    inits,
    download: fitTransfer(single, "download", mbPerVcpu, { prior: priors.download }),
    upload: fitTransfer(single, "upload", mbPerVcpu, { prior: priors.upload }),
    mappingDelay: fitMappingDelay(steps, { prior: priors.launch }),
    forecasts: new Map(selections.map((selection) => [selection.functionName, stepForecasts(selection.steps)])),
  }
}

/** Means of several runs tell nothing of the spread of one: they are left out wherever anything else is there. */
function singles(samples: readonly SelectedSample[]): readonly SelectedSample[] {
  const single = samples.filter((sample) => sample.aggregate === undefined)
  return single.length > 0 ? single : samples
}

/** Log ratios of warm compute times to their cell's median. */
export function warmResiduals(selection: Selection): readonly CellResiduals[] {
  return logResiduals(selection.ok.filter((sample) => !sample.cold))
}

/** CPU work that the first transfers of a cold instance add, ms on one vCPU. */
export function coldTransferWork(selection: Selection, model: FunctionModel, pools: Pools): number {
  const warmMs = (sample: InstanceSample): number =>
    pools.download.quantilesMs(sample.memoryMB, model.download.volume(sample.tasks))[2]! +
    pools.upload.quantilesMs(sample.memoryMB, model.upload.volume(sample.tasks))[2]! +
    model.overheadMs(sample.memoryMB)
  const hasWarm = selection.ok.some((sample) => !sample.cold)
  return hasWarm ? fitColdTransferWork(selection.ok, warmMs, model.compute.mbPerVcpu) : 0
}
