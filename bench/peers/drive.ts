/** Runs one thing over and over from so many clients at once, and says how fast that was. */
export interface Driven {
  readonly workflows: number
  readonly concurrency: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** User and system time of this process, ms. */
  readonly cpuMs: number
}

export interface DrivePlan {
  readonly workflows: number
  readonly concurrency: number
  readonly one: (n: number) => Promise<unknown>
}

export async function drive({ workflows, concurrency, one }: DrivePlan): Promise<Driven> {
  const times: number[] = []
  let next = 0
  const client = async (): Promise<void> => {
    while (next < workflows) {
      const n = next++
      const beganMs = performance.now()
      await one(n)
      times.push(performance.now() - beganMs)
    }
  }
  const cpu = process.cpuUsage()
  const beganMs = performance.now()
  await Promise.all(Array.from({ length: concurrency }, client))
  const tookMs = performance.now() - beganMs
  const { user, system } = process.cpuUsage(cpu)
  return {
    workflows,
    concurrency,
    perSecond: (workflows / tookMs) * 1000,
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    cpuMs: (user + system) / 1000,
  }
}

export function quantile(values: readonly number[], p: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * p)] ?? Number.NaN
}

/** How many workflows each measurement runs. */
export interface Sizes {
  readonly warmUp: number
  readonly one: number
  readonly fifty: number
}

/** What a script of a peer writes: a JSON document on its last line. */
export interface PeerReport {
  readonly one: Driven
  readonly fifty: Driven
  /** CPU of the servers beside this process during the measurement at fifty, ms. */
  readonly serverCpuMs50: number
}

/** Warms up, then measures one at a time and fifty at once. `serverCpuMs` is what the servers have used so far. */
export async function measurePeer(
  { warmUp, one, fifty }: Sizes,
  play: (n: number) => Promise<unknown>,
  serverCpuMs: () => number,
): Promise<PeerReport> {
  let offset = 0
  const part = (workflows: number, concurrency: number): Promise<Driven> => {
    const from = offset
    offset += workflows
    return drive({ workflows, concurrency, one: (n) => play(from + n) })
  }
  await part(warmUp, 50)
  const single = await part(one, 1)
  const before = serverCpuMs()
  const many = await part(fifty, 50)
  return { one: single, fifty: many, serverCpuMs50: serverCpuMs() - before }
}

/** Sizes from the command line: three numbers. */
export function sizesFrom(args: readonly string[]): Sizes {
  const [warmUp = 0, one = 0, fifty = 0] = args.map(Number)
  return { warmUp, one, fifty }
}
