import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { counter, enterCommand, rootFirst } from "./cgroup-files.ts"
import { openCgroupV2In } from "./cgroup-v2.ts"
import { quotaOf } from "./layer.ts"
import { ancestors, parseHierarchies } from "./mounts.ts"

describe("quotas", () => {
  it("are a share of 20 ms, and of a longer period where the kernel would refuse them", () => {
    expect(quotaOf(1)).toEqual({ quotaUs: 20_000, periodUs: 20_000 })
    expect(quotaOf(128 / 1769)).toEqual({ quotaUs: 1447, periodUs: 20_000 })
    const small = quotaOf(128 / 1769 / 6)
    expect(small.quotaUs).toBeGreaterThanOrEqual(1000)
    expect(small.quotaUs / small.periodUs).toBeCloseTo(128 / 1769 / 6, 5)
    expect(quotaOf(5.79).quotaUs).toBe(115_800)
  })
})

describe("mounted hierarchies", () => {
  const HYBRID = [
    "29 23 0:26 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct",
    "30 23 0:27 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory",
    "31 23 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd",
    "32 23 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
    "33 23 0:30 / /proc rw - proc proc rw",
  ].join("\n")

  it("tell the group of this process in each", () => {
    const found = parseHierarchies(HYBRID, "5:memory:/user/one\n4:cpu,cpuacct:/\n1:name=systemd:/x\n0::/two/three")
    expect(found.map(({ version, ownDirectory }) => [version, ownDirectory])).toEqual([
      [1, "/sys/fs/cgroup/cpu"],
      [1, "/sys/fs/cgroup/memory/user/one"],
      [1, "/sys/fs/cgroup/systemd/x"],
      [2, "/sys/fs/cgroup/unified/two/three"],
    ])
    expect(found[0]?.controllers).toEqual(["cpu", "cpuacct"])
    expect(ancestors(found[3]!)).toEqual([
      "/sys/fs/cgroup/unified/two/three",
      "/sys/fs/cgroup/unified/two",
      "/sys/fs/cgroup/unified",
    ])
  })

  it("of a container begin at the container's own group", () => {
    const mountinfo = "40 30 0:27 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory"
    const inside = parseHierarchies(mountinfo, "5:memory:/docker/abc/job")
    expect(inside[0]?.ownDirectory).toBe("/sys/fs/cgroup/memory/job")
    const outside = parseHierarchies(mountinfo, "5:memory:/elsewhere")
    expect(outside[0]?.ownDirectory).toBe("/sys/fs/cgroup/memory")
  })
})

describe("files of groups", () => {
  it("give their counters by whole names", () => {
    const stat = "nr_periods 75\nnr_throttled 74\nthrottled_time 758577888\nnr_bursts 0"
    expect(counter(stat, "throttled_time")).toBe(758_577_888)
    expect(counter(stat, "throttled")).toBe(0)
    expect(counter(null, "x")).toBe(0)
  })

  it("list the root process first, whatever its number", () => {
    expect(rootFirst([3, 7, 32_000], 32_000)).toEqual([32_000, 3, 7])
    expect(rootFirst([3, 7], 9)).toEqual([3, 7])
  })

  it("are entered by a shell that becomes the command", () => {
    const [shell, , , , count, ...rest] = enterCommand(["/a/cgroup.procs", "/b/cgroup.procs"], ["node", "x y.mjs"])
    expect([shell, count]).toEqual(["/bin/sh", "2"])
    expect(rest).toEqual(["/a/cgroup.procs", "/b/cgroup.procs", "node", "x y.mjs"])
  })
})

describe("control groups of version 2", () => {
  let root: string

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "trimtab-v2-"))
  })
  afterEach(() => {
    rmSync(root, { recursive: true, force: true })
  })

  const write = (directory: string, file: string, text: string): void => {
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, file), text)
  }
  const read = (...path: string[]): string => readFileSync(join(root, ...path), "utf8")

  it("are made in the nearest group that offers cpu and memory", () => {
    write(join(root, "a", "b"), "cgroup.controllers", "pids")
    write(join(root, "a"), "cgroup.controllers", "cpu memory pids")
    const opening = openCgroupV2In([join(root, "a", "b"), join(root, "a")], "trimtab-1-1")
    if ("unavailable" in opening) throw new Error(opening.unavailable)
    expect(opening.layer.places).toEqual([join(root, "a")])
    expect(read("a", "cgroup.subtree_control")).toBe("+cpu +memory")
    opening.layer.createGroup({ id: "i-1", memoryMB: 256, cores: 0.5, coresPerProcess: null })
    expect(read("a", "trimtab-1-1.i-1", "cpu.max")).toBe("10000 20000")
    expect(read("a", "trimtab-1-1.i-1", "memory.max")).toBe(String(256 * 1024 * 1024))
    expect(read("a", "trimtab-1-1.i-1", "memory.oom.group")).toBe("1")
    expect(read("a", "trimtab-1-1.i-1", "cpu.weight")).toBe("100")
  })

  it("put the root process into a group of its own where each process has a limit", () => {
    write(root, "cgroup.controllers", "cpu memory")
    const opening = openCgroupV2In([root], "trimtab-1-1")
    if ("unavailable" in opening) throw new Error(opening.unavailable)
    opening.layer.createGroup({ id: "i-1", memoryMB: 3538, cores: 1, coresPerProcess: 0.5 })
    expect(read("trimtab-1-1.i-1", "p-root", "cpu.max")).toBe("10000 20000")
    expect(read("trimtab-1-1.i-1", "cpu.max")).toBe("20000 20000")
  })

  it("say why there are none", () => {
    write(root, "cgroup.controllers", "")
    expect(openCgroupV2In([root], "trimtab-1-1")).toEqual({
      unavailable: "the v2 hierarchy has no cpu and memory controllers",
    })
  })
})
