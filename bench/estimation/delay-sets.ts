import { readFileSync } from "node:fs"

/** The start of one instance of a burst. */
export interface StartRow {
  readonly kind: "start"
  readonly instances: number
  readonly cold: number
  readonly ms: number
}

/** One transfer of one instance, or the mean over the instances of a stage. */
export interface TransferRow {
  readonly kind: "transfer"
  readonly memoryMB: number
  readonly objects: number
  readonly bytes: number
  readonly ms: number
}

/** Delays of one kind, measured at one place. */
export interface DelaySet {
  readonly name: string
  readonly rows: readonly StartRow[] | readonly TransferRow[]
}

/** One burst: starts after its first request, ms, ascending. */
export interface Burst {
  readonly platform: string
  readonly experiment: string
  readonly concurrency: number
  /** Median time that the function ran, and when the last request was sent, ms. */
  readonly functionMs: number
  readonly sendMs: number
  readonly coldMs: readonly number[]
  readonly warmMs: readonly number[]
}

interface VideoStages {
  readonly memoryMB: readonly number[]
  readonly functions: readonly number[]
  /** ms[memory][functions][epoch]. */
  readonly stages: readonly {
    readonly name: string
    readonly readMs: readonly (readonly (readonly number[])[])[]
    readonly writeMs: readonly (readonly (readonly number[])[])[]
  }[]
}

export function readBursts(): readonly Burst[] {
  return (read("burst-starts") as { readonly bursts: readonly Burst[] }).bursts
}

/** All sets that were measured: starts in bursts, one large object by 100 functions at once, stages of a workflow. */
export function realDelaySets(): readonly DelaySet[] {
  return [...burstSets(), ...storeSets(), ...stageSets()]
}

/** Each start of a burst against its instances and cold starts; cold and warm bursts of a platform are two sets. */
function burstSets(): DelaySet[] {
  const sets = new Map<string, StartRow[]>()
  for (const burst of readBursts()) {
    const name = `starts, ${burst.platform}, ${isWarm(burst) ? "warm" : "cold"} bursts`
    const rows = sets.get(name) ?? []
    sets.set(name, rows)
    const common = { kind: "start", instances: burst.concurrency, cold: coldIn(burst) } as const
    for (const ms of startsOf(burst)) rows.push({ ...common, ms })
  }
  return [...sets].map(([name, rows]) => ({ name, rows }))
}

/** All starts of a burst, ms, ascending. */
export function startsOf(burst: Burst): readonly number[] {
  return [...burst.coldMs, ...burst.warmMs].sort((a, b) => a - b)
}

/** These bursts followed others of the same functions, which were not all recorded. */
export function isWarm({ experiment }: Burst): boolean {
  return experiment.includes("_w")
}

/** Where containers stay, a warm burst has no cold start although its containers are new to the record. */
export function coldIn(burst: Burst): number {
  return isWarm(burst) && burst.platform !== "gcp" ? 0 : burst.coldMs.length
}

/** The functions' memory is not published: one vCPU. */
function storeSets(): DelaySet[] {
  const { times } = read("store-transfers") as { readonly times: Readonly<Record<string, readonly number[]>> }
  return Object.entries(times).map(([name, all]) => ({
    name: `512 MiB, ${name.replace(" ", ", ")}`,
    rows: all.map((ms) => ({ kind: "transfer", memoryMB: 1769, objects: 1, bytes: 2 ** 29, ms })),
  }))
}

/** The bytes of a stage are not published: it stands at 1 GB, of which each of p functions moves 1 / p. */
function stageSets(): DelaySet[] {
  const { memoryMB, functions, stages } = read("jolteon-video") as VideoStages
  const rowsOf = (times: VideoStages["stages"][number]["readMs"]): TransferRow[] =>
    times.flatMap((byFunctions, m) =>
      byFunctions.flatMap((epochs, f) =>
        epochs.map((ms) => ({
          kind: "transfer",
          memoryMB: memoryMB[m]!,
          objects: 1,
          bytes: 1e9 / functions[f]!,
          ms,
        })),
      ),
    )
  return stages.flatMap(({ name, readMs, writeMs }) => [
    { name: `video ${name}, read`, rows: rowsOf(readMs) },
    { name: `video ${name}, write`, rows: rowsOf(writeMs) },
  ])
}

/** The files are ours: callers say what their writer put in. */
function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`data/${name}.json`, import.meta.url), "utf8"))
}
