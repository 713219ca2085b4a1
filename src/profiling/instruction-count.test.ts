import { expect, test } from "vitest"
import { parseCallgrind, parseMassif, parsePerf } from "./instruction-count.ts"

test("callgrind: instructions, and conditional and indirect branches together", () => {
  const text = "version: 1\nevents: Ir Bc Bcm Bi Bim\nfn=main\n0 5\ntotals: 85995415 12743342 652340 562889 247326\n"
  expect(parseCallgrind(text)).toEqual({ instructions: 85_995_415, branches: 13_306_231 })
  expect(parseCallgrind("events: Ir\ntotals: 5\n")).toBeNull()
  expect(parseCallgrind("")).toBeNull()
})

test("perf: the two counters, or null on a machine that has none", () => {
  const counted = "# started\n\n2012345,,instructions:u,811,100.00,,\n402345,,branches:u,811,100.00,,\n"
  expect(parsePerf(counted)).toEqual({ instructions: 2_012_345, branches: 402_345 })
  expect(parsePerf("<not supported>,,instructions:u,0,100.00,,\n<not supported>,,branches:u,0,100.00,,")).toBeNull()
  expect(parsePerf("")).toBeNull()
})

test("massif: how many snapshots, and the largest heap", () => {
  const snapshot = (bytes: number): string => `#---\nsnapshot=0\ntime=1\nmem_heap_B=${bytes}\nmem_heap_extra_B=9\n`
  expect(parseMassif([10, 500, 200].map(snapshot).join(""))).toEqual({ memorySnapshots: 3, peakBytes: 500 })
  expect(parseMassif("")).toEqual({ memorySnapshots: 0, peakBytes: 0 })
})
