import { z } from "zod"
import { TrimtabError } from "../../base/errors.ts"
import { isObject } from "../../base/json.ts"
import type { Distribution } from "../../statistics/distribution.ts"
import { fromQuantiles } from "../../statistics/quantile-table.ts"
import type { PlatformParameters } from "./parameters.ts"

const positive = z.number().positive()
const share = z.number().min(0).max(1)
const sd = z.number().min(0).max(2)

/** Quantiles in ms (or as factors) at 5, 25, 50, 75, 90, 95 and 99 %, and the shape of the tail beyond. */
const distribution = z
  .strictObject({ quantiles: z.array(z.number().min(0)).length(7), xi: z.number().min(0).max(0.9).default(0.1) })
  .transform(({ quantiles, xi }): Distribution => fromQuantiles(quantiles, { xi, fromP: 0.99 }))

const curve = z
  .array(z.tuple([z.number(), z.number().min(0)]))
  .min(1)
  .refine((points) => points.every(([x], i) => i === 0 || x > points[i - 1]![0]), "points must ascend")

const store = z.strictObject({ firstByte: distribution, parallel: z.int().min(1), spread: distribution })

const schema = z.strictObject({
  schemaVersion: z.literal(1),
  name: z.string().min(1),
  date: z.iso.date(),
  sources: z.record(
    z.string(),
    z.strictObject({
      what: z.string(),
      kind: z.enum(["fitted", "cited", "assumed"]),
      url: z.string().optional(),
      commit: z.string().optional(),
      licence: z.string().optional(),
    }),
  ),
  limits: z.strictObject({
    memoryMB: z.strictObject({ min: positive, max: positive, step: positive }),
    mbPerVcpu: positive,
    vcpuTotal: positive.nullable(),
    timeoutMs: positive,
    payloadBytes: z.strictObject({ sync: positive, async: positive }),
    concurrency: z.strictObject({ account: z.int().min(1), keepFree: z.int().min(0) }),
    startsPer10s: positive.nullable(),
    initTimeoutMs: positive,
    publishMsPerVariant: z.number().min(0),
  }),
  start: z.strictObject({
    dispatch: distribution,
    answer: distribution,
    placement: distribution,
    slow: z.strictObject({ share, extra: distribution }),
    init: z.record(z.string(), z.strictObject({ zip: distribution, image: distribution })),
    msPerPackageMB: z.strictObject({ zip: z.number().min(0), image: z.number().min(0) }),
    initCpu: z.enum(["full", "share"]),
    byRank: curve.optional(),
    byBytes: curve.optional(),
  }),
  keepAlive: z.strictObject({
    warmAfterMs: curve.refine(
      (points) => points.every(([, y], i) => i === 0 || y <= points[i - 1]![1]) && points.at(-1)![1] === 0,
      "must fall to 0",
    ),
    idleUsdPerGbSecond: z.number().min(0).optional(),
  }),
  cpu: z.strictObject({ periodMs: positive, tickMs: positive, startSpread: share, shortPeriods: z.number().min(0) }),
  noise: z.strictObject({
    invocationSd: sd,
    instanceSd: sd,
    driftSd: sd,
    driftMs: positive,
    disturbed: z.strictObject({ share, factor: distribution }),
  }),
  bandwidthMBps: curve,
  store: z.strictObject({ read: store, write: store }),
  cluster: z.strictObject({ workers: z.int().min(1), memoryMB: positive }).optional(),
  onFull: z.enum(["throttle", "queue"]),
})

/**
 * Reads a parameter file; `source` names it in messages.
 * @throws TrimtabError `invalid-data` with the place and what is wrong there
 */
export function parseParameters(value: unknown, source: string): PlatformParameters {
  const parsed = schema.safeParse(value)
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!
    throw new TrimtabError("invalid-data", `${source}: ${path.join(".")}: ${message}`, { where: source })
  }
  const { schemaVersion: _, cluster, start, ...rest } = parsed.data
  const { byRank, byBytes, ...plain } = start
  const orchestrated = { ...(byRank === undefined ? {} : { byRank }), ...(byBytes === undefined ? {} : { byBytes }) }
  const sources = Object.fromEntries(
    Object.entries(rest.sources).map(([name, { url, commit, licence, ...told }]) => [
      name,
      {
        ...told,
        ...(url === undefined ? {} : { url }),
        ...(commit === undefined ? {} : { commit }),
        ...(licence === undefined ? {} : { licence }),
      },
    ]),
  )
  return { ...rest, sources, start: { ...plain, ...orchestrated }, ...(cluster === undefined ? {} : { cluster }) }
}

/** A parameter file that says only what differs from another: objects are joined, everything else is replaced. */
export function extended(base: unknown, changes: unknown): unknown {
  if (!isObject(base) || !isObject(changes)) return changes
  // A distribution is one thing: its shape does not outlive its quantiles.
  if ("quantiles" in changes) return changes
  const joined: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(changes)) joined[key] = key in base ? extended(base[key], value) : value
  return joined
}
