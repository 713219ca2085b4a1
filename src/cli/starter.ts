/** The files of `trimtab init`: a workflow that cuts a range of numbers, counts the primes of each cut, and adds up. */
export const STARTER: Readonly<Record<string, string>> = {
  "trimtab.config.yaml": `workflow: ./workflow.yaml
# cuts ranges of numbers; any JSON. A file is { $file: ./path }
input: { from: 2, to: 1200000, cuts: 12 }
platform: { kind: local, vcpuScale: 0.5 }   # cores of one vCPU: below 1, big sizes fit a small machine
`,
  "workflow.yaml": `name: primes
functions:
  cut:   { handler: ./handlers/cut.ts }
  count: { handler: ./handlers/count.ts }
  add:   { handler: ./handlers/add.ts }
steps:
  cut:
    function: cut
    configSpace: { memoryMB: { min: 256, max: 1024, step: 128 }, instances: { min: 1, max: 1 }, processes: { min: 1, max: 1 } }
  count:
    function: count
    after: [cut]
    split: each
    configSpace: { memoryMB: { min: 256, max: 3538, step: 128 }, instances: { min: 1, max: 6 }, processes: { min: 1, max: 2 } }
  add:
    function: add
    after: [count]
    configSpace: { memoryMB: { min: 256, max: 1024, step: 128 }, instances: { min: 1, max: 1 }, processes: { min: 1, max: 1 } }
goal: { sloMs: 20000 }
`,
  "handlers/cut.ts": `interface Range { from: number; to: number }

/** Cuts a range into equal ranges: each becomes one task of the next step. */
export async function handler({ from, to, cuts }: Range & { cuts: number }): Promise<Range[]> {
  const size = Math.ceil((to - from) / cuts)
  return Array.from({ length: cuts }, (_, i) => ({ from: from + i * size, to: Math.min(to, from + (i + 1) * size) }))
}
`,
  "handlers/count.ts": `/** Counts the primes in [from, to) by trial division. */
export async function handler({ from, to }: { from: number; to: number }): Promise<number> {
  let count = 0
  for (let n = from; n < to; n++) if (isPrime(n)) count++
  return count
}

function isPrime(n: number): boolean {
  if (n < 2) return false
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false
  return true
}
`,
  "handlers/add.ts": `/** Adds up the counts of all tasks. */
export async function handler(counts: number[]): Promise<{ primes: number }> {
  return { primes: counts.reduce((sum, count) => sum + count, 0) }
}
`,
}
