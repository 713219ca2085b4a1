import { LAUNCH_PRIORS, type LaunchPrior, LOCAL_LAUNCH } from "./launch-priors.ts"
import { LOCAL_TRANSFER, TRANSFER_PRIORS, type TransferPrior } from "./transfer-priors.ts"

/** Where functions run and where their objects lie, for what is expected before it was measured. */
export interface DelayPriorNames {
  /** Processes on one machine where absent. */
  readonly platform?: keyof typeof LAUNCH_PRIORS
  /** Files on one machine where absent. */
  readonly store?: keyof typeof TRANSFER_PRIORS
}

export interface DelayPriors {
  readonly launch: LaunchPrior
  readonly download: TransferPrior
  readonly upload: TransferPrior
}

/** The priors that go by these names. */
export function delayPriors({ platform, store }: DelayPriorNames): DelayPriors {
  const transfer = store === undefined ? { download: LOCAL_TRANSFER, upload: LOCAL_TRANSFER } : TRANSFER_PRIORS[store]
  return { launch: platform === undefined ? LOCAL_LAUNCH : LAUNCH_PRIORS[platform], ...transfer }
}
