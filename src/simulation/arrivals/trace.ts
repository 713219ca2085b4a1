import { TrimtabError } from "../../base/errors.ts"
import type { Arrivals } from "./arrivals.ts"

export interface TraceOptions {
  /** For messages. */
  readonly source: string
  /** Time runs so much faster: 2 halves every gap. 1 by default. */
  readonly speed?: number
}

/** More would not fit into memory beside their runs. */
const MOST_ARRIVALS = 10_000_000

/**
 * Arrivals from a text: an instant a line, in its first column: seconds as a number, or a date and time
 * (`2023-11-16 18:15:46.68`, ISO 8601, read as UTC). Instants count from the first and are put in order.
 * @throws TrimtabError `usage` naming the line that is neither
 */
export function traceArrivals(text: string, { source, speed = 1 }: TraceOptions): Arrivals {
  const instants: number[] = []
  const lines = text.split(/\r?\n/)
  for (let i = 0; i < lines.length; i++) {
    const cell = lines[i]!.split(/[,;\t]/)[0]!
      .trim()
      .replaceAll('"', "")
    if (cell === "") continue
    const atMs = instantMs(cell)
    if (!Number.isNaN(atMs)) instants.push(atMs)
    else if (instants.length > 0 || i > 0)
      throw new TrimtabError(
        "usage",
        `${source}:${i + 1}: ${cell.slice(0, 40)} is neither seconds nor a date and time`,
        {
          where: `${source}:${i + 1}`,
        },
      )
    if (instants.length > MOST_ARRIVALS) throw tooMany(source)
  }
  if (instants.length === 0) throw new TrimtabError("usage", `${source} holds no arrivals`, { where: source })
  instants.sort((a, b) => a - b)
  const fromMs = instants[0]!
  return () => instants.map((atMs) => (atMs - fromMs) / speed)
}

function tooMany(source: string): TrimtabError {
  return new TrimtabError("usage", `${source} holds more than ${MOST_ARRIVALS} arrivals`, { where: source })
}

/** ms, or NaN. */
function instantMs(cell: string): number {
  if (/^[-+]?\d+(\.\d*)?(e[-+]?\d+)?$/i.test(cell)) return 1000 * Number(cell)
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s*(Z|[+-]\d\d:?\d\d)?$/.exec(cell)
  return match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}${match[3] ?? "Z"}`)
}
