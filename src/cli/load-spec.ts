import { InvalidArgumentError } from "commander"

/** How --arrivals states when runs begin. */
export type LoadSpec =
  | { readonly kind: "poisson" | "bursty" | "azure"; readonly perSecond: number; readonly text: string }
  | { readonly kind: "closed"; readonly clients: number; readonly text: string }
  | { readonly kind: "trace"; readonly file: string; readonly text: string }

const UNIT_S: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3600 }

/** `poisson:2/s`, `bursty:30/min`, `azure:100/h`, `closed:4`, `trace:file.csv`. For commander: throws InvalidArgumentError. */
export function parseLoad(text: string): LoadSpec {
  const rate = /^(poisson|bursty|azure):(\d+(?:\.\d+)?)\/(s|m|min|h)$/.exec(text)
  if (rate !== null && Number(rate[2]) > 0) {
    const kind = rate[1] as "poisson" | "bursty" | "azure" // what the pattern lets through
    return { kind, perSecond: Number(rate[2]) / UNIT_S[rate[3]!]!, text }
  }
  const clients = Number(/^closed:(\d{1,6})$/.exec(text)?.[1] ?? Number.NaN)
  if (clients >= 1) return { kind: "closed", clients, text }
  const file = /^trace:(.+)$/.exec(text)?.[1]
  if (file !== undefined) return { kind: "trace", file, text }
  throw new InvalidArgumentError("arrivals are poisson:2/s, bursty:30/min, azure:100/h, closed:4 or trace:FILE")
}
