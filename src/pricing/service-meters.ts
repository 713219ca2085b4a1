import type { Meters } from "./pricing.ts"

/** Bytes of the GB that storage, transfer and logs are priced by. */
const GB = 1024 ** 3

/** Step Functions Express counts memory in started chunks of 64 MB and time in started 100 ms. */
const EXPRESS_CHUNK_MB = 64
const EXPRESS_CHUNK_MS = 100

/** Transitions of Step Functions Standard, retries included. */
export function standardTransitionMeters(transitions: number): Meters {
  return [{ meter: "stepfunctions.standard.transitions", quantity: BigInt(transitions) }]
}

export interface ExpressUse {
  readonly executions: number
  readonly durationMs: number
  readonly memoryMB: number
}

/** What equal executions of Step Functions Express use. */
export function expressMeters(use: ExpressUse): Meters {
  const chunks = Math.max(1, Math.ceil(use.memoryMB / EXPRESS_CHUNK_MB))
  const timeMs = Math.ceil(use.durationMs / EXPRESS_CHUNK_MS) * EXPRESS_CHUNK_MS
  const executions = BigInt(use.executions)
  return [
    { meter: "stepfunctions.express.requests", quantity: executions },
    { meter: "stepfunctions.express.duration", quantity: executions * BigInt(chunks * EXPRESS_CHUNK_MB * timeMs) },
  ]
}

export interface StoreUse {
  readonly puts?: number
  readonly gets?: number
  readonly uploadBytes?: number
  readonly downloadBytes?: number
  readonly storedGBMonths?: number
}

/** Requests and storage of S3 Standard. Transfer to Lambda in the same region is free. */
export function s3Meters(use: StoreUse): Meters {
  return withoutZeros([
    { meter: "s3.standard.put", quantity: BigInt(use.puts ?? 0) },
    { meter: "s3.standard.get", quantity: BigInt(use.gets ?? 0) },
    { meter: "s3.standard.storage", quantity: gigabytes(use.storedGBMonths ?? 0) },
  ])
}

/** The same of S3 Express One Zone, which charges for bytes in and out as well. */
export function s3ExpressMeters(use: StoreUse): Meters {
  return withoutZeros([
    { meter: "s3.express.put", quantity: BigInt(use.puts ?? 0) },
    { meter: "s3.express.get", quantity: BigInt(use.gets ?? 0) },
    { meter: "s3.express.upload", quantity: BigInt(use.uploadBytes ?? 0) },
    { meter: "s3.express.retrieval", quantity: BigInt(use.downloadBytes ?? 0) },
    { meter: "s3.express.storage", quantity: gigabytes(use.storedGBMonths ?? 0) },
  ])
}

/** Logs written, in bytes, and kept, in GB-months. */
export function logMeters(use: { readonly ingestedBytes: number; readonly keptGBMonths: number }): Meters {
  return withoutZeros([
    { meter: "logs.ingested", quantity: BigInt(use.ingestedBytes) },
    { meter: "logs.stored", quantity: gigabytes(use.keptGBMonths) },
  ])
}

function gigabytes(amount: number): bigint {
  return BigInt(Math.round(amount * GB))
}

function withoutZeros(meters: Meters): Meters {
  return meters.filter(({ quantity }) => quantity > 0n)
}
