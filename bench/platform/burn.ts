/** Work that costs CPU time, the same under every quota. */
export async function handler(task: { readonly cpuMs: number }): Promise<number> {
  const start = process.cpuUsage()
  for (;;) {
    let sum = 0
    for (let i = 1; i < 20_000; i++) sum += Math.sqrt(i)
    const { user, system } = process.cpuUsage(start)
    if (user + system >= task.cpuMs * 1000) return sum
  }
}
