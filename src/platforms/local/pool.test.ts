import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import type { FunctionVersion } from "./function-table.ts"
import { Pool, type Pooled } from "./pool.ts"

/** An instance that only remembers what was done to it. */
class FakeInstance implements Pooled {
  readonly name: string
  readonly version: FunctionVersion
  closed = false

  constructor(name: string, functionName: string, memoryMB = 512) {
    this.name = name
    this.version = {
      functionName,
      version: "1",
      memoryMB,
      timeoutMs: 1000,
      environment: {},
      directory: "/",
      codeSha256: "",
      codeBytes: 0,
      handler: "",
      runtime: "",
      role: "",
      description: "",
      revisionId: "r",
      lastModified: "",
    }
  }

  claim(): void {}

  async close(): Promise<void> {
    this.closed = true
  }
}

describe("the pool of warm instances", () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const fill = (pool: Pool<FakeInstance>, ...instances: FakeInstance[]): void => {
    for (const instance of instances) {
      pool.add(instance)
      pool.give(instance)
    }
  }

  it("takes the most recently used instance of the same version", () => {
    const pool = new Pool<FakeInstance>({ keepAliveMs: 1000, memoryMB: 10_000 })
    const [a, b, other] = [new FakeInstance("a", "f"), new FakeInstance("b", "f"), new FakeInstance("o", "g")]
    fill(pool, a, b, other)
    expect(pool.take(a.version)?.name).toBe("b")
    expect(pool.take(a.version)?.name).toBe("a")
    expect(pool.take(a.version)).toBeNull()
    expect(pool.take({ ...other.version, revisionId: "new" })).toBeNull()
  })

  it("ends the least recently used idle instances when room is needed, never busy ones", () => {
    const pool = new Pool<FakeInstance>({ keepAliveMs: 1000, memoryMB: 2048 })
    const [a, b, c] = [new FakeInstance("a", "f"), new FakeInstance("b", "f"), new FakeInstance("c", "f")]
    fill(pool, a, b, c)
    pool.take(c.version)
    pool.add(new FakeInstance("d", "f", 1024))
    expect([a.closed, b.closed, c.closed]).toEqual([true, false, false])
  })

  it("ends an instance that was idle for the keep-alive time", () => {
    const pool = new Pool<FakeInstance>({ keepAliveMs: 1000, memoryMB: 2048 })
    const a = new FakeInstance("a", "f")
    fill(pool, a)
    vi.advanceTimersByTime(900)
    pool.take(a.version)
    pool.give(a)
    vi.advanceTimersByTime(900)
    expect(a.closed).toBe(false)
    vi.advanceTimersByTime(200)
    expect(a.closed).toBe(true)
    expect(pool.size).toBe(0)
  })

  it("lets a retired instance finish, then ends it", () => {
    const pool = new Pool<FakeInstance>({ keepAliveMs: 1000, memoryMB: 2048 })
    const [busy, idle] = [new FakeInstance("busy", "f"), new FakeInstance("idle", "f")]
    fill(pool, idle)
    pool.add(busy)
    pool.retire(() => true)
    expect([busy.closed, idle.closed]).toEqual([false, true])
    pool.give(busy)
    expect(busy.closed).toBe(true)
  })

  it("counts idle instances by function and size", () => {
    const pool = new Pool<FakeInstance>({ keepAliveMs: 1000, memoryMB: 10_000 })
    fill(pool, new FakeInstance("a", "f"), new FakeInstance("b", "f"), new FakeInstance("c", "g", 128))
    expect(pool.idleCounts()).toEqual([
      { functionName: "f", memoryMB: 512, count: 2 },
      { functionName: "g", memoryMB: 128, count: 1 },
    ])
  })
})
