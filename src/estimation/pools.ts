import { type CellResiduals, logResiduals } from "./cells.ts"
import { fitColdTransferWork, fitInit, type InitModel } from "./cold-start.ts"
import type { FunctionModel } from "./function-model.ts"
import { fitMappingDelay, type MappingDelayModel } from "./mapping-delay-model.ts"
import { type NoisePool, poolNoise } from "./noise.ts"
import type { InstanceSample } from "./sample.ts"
import type { Selection } from "./sample-selection.ts"
import { fitTransfer, type TransferModel } from "./transfer-model.ts"

/** What all functions of the workflow share: noise, transfers, launches. */
export interface Pools {
  readonly noise: NoisePool
  readonly inits: ReadonlyMap<string, InitModel>
  readonly download: TransferModel
  readonly upload: TransferModel
  readonly mappingDelay: MappingDelayModel
}

export function fitPools(selections: readonly Selection[], mbPerVcpu: number): Pools {
  const coldOf = (selection: Selection): Selection["ok"] => selection.ok.filter((sample) => sample.cold)
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
  return {
    noise: poolNoise(selections.flatMap(warmResiduals)),
    inits,
    download: fitTransfer(selections, "download", mbPerVcpu),
    upload: fitTransfer(selections, "upload", mbPerVcpu),
    mappingDelay: fitMappingDelay(steps),
  }
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
