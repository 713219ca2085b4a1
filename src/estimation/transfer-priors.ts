/** What is expected of transfers to or from a store before its own were measured; one instance with a whole vCPU. */
export interface TransferPrior {
  readonly fixedMs: number
  readonly msPerObject: number
  readonly msPerMB: number
  /** Sd of ln t between what is expected and what one will see. */
  readonly logSd: number
}

/** The project's own store on one machine: a file copied. */
export const LOCAL_TRANSFER: TransferPrior = { fixedMs: 2, msPerObject: 0, msPerMB: 0, logSd: 0.25 }

/**
 * By store, medians rounded. ms per MB: 100 functions at once with one object of 512 MiB each, June 2022,
 * lithops-cloud/applications at 5fff92d95138, benchmarks/, Apache-2.0 (AWS Lambda and S3, Google Cloud Run and Storage,
 * IBM Cloud Functions and COS). ms per object: intercept over 1 / functions of the stages of the video workflow on AWS
 * Lambda and S3, pkusys/Jolteon at bcce49588098, profiles/, Apache-2.0 (36 to 122 read, -10 to 14 write), taken for
 * the other stores too. The spread is that of these stores within a burst, the widest of them.
 */
export const TRANSFER_PRIORS: Readonly<
  Record<"s3" | "google-storage" | "ibm-cos", { readonly download: TransferPrior; readonly upload: TransferPrior }>
> = {
  s3: {
    download: { fixedMs: 0, msPerObject: 45, msPerMB: 10, logSd: 0.3 },
    upload: { fixedMs: 0, msPerObject: 10, msPerMB: 12, logSd: 0.3 },
  },
  "google-storage": {
    download: { fixedMs: 0, msPerObject: 45, msPerMB: 57, logSd: 0.3 },
    upload: { fixedMs: 0, msPerObject: 10, msPerMB: 115, logSd: 0.3 },
  },
  "ibm-cos": {
    download: { fixedMs: 0, msPerObject: 45, msPerMB: 18, logSd: 0.3 },
    upload: { fixedMs: 0, msPerObject: 10, msPerMB: 29, logSd: 0.3 },
  },
}
