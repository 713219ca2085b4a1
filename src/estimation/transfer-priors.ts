/** What is expected of transfers to or from a store before its own were measured; one instance with a whole vCPU. */
export interface TransferPrior {
  readonly fixedMs: number
  readonly msPerObject: number
  readonly msPerMB: number
  /** Sd of ln t. */
  readonly logSd: number
}

/** The project's own store on one machine: a file copied. */
export const LOCAL_TRANSFER: TransferPrior = { fixedMs: 2, msPerObject: 0, msPerMB: 0, logSd: 0.25 }
