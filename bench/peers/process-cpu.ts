import { readdirSync, readFileSync } from "node:fs"

/** Ticks of the kernel's accounting, per second (USER_HZ, 100 on every Linux). */
const TICKS_PER_SECOND = 100

interface Stat {
  readonly pid: number
  readonly parent: number
  /** Own time and that of children that have ended, ticks. */
  readonly ticks: number
}

/** CPU time that a process and all below it have used so far, ms. Linux only. */
export function treeCpuMs(root: number): number {
  const stats = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? statOf(name) : []))
  const inTree = new Set([root])
  // Parents have smaller numbers than children as a rule only: go on until nothing is added.
  for (let before = 0; before < inTree.size;) {
    before = inTree.size
    for (const { pid, parent } of stats) if (inTree.has(parent)) inTree.add(pid)
  }
  const ticks = stats.filter(({ pid }) => inTree.has(pid)).reduce((sum, stat) => sum + stat.ticks, 0)
  return (ticks / TICKS_PER_SECOND) * 1000
}

function statOf(pid: string): Stat[] {
  try {
    // The name may hold anything: fields are counted from the parenthesis that ends it.
    const text = readFileSync(`/proc/${pid}/stat`, "utf8")
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
    const [user, system, childUser, childSystem] = fields.slice(11, 15).map(Number)
    return [{ pid: Number(pid), parent: Number(fields[1]), ticks: user! + system! + childUser! + childSystem! }]
  } catch {
    return []
  }
}
