import { describe, expect, it, vi, beforeEach, afterEach } from "vitest"
import { PlainGroup } from "./none.ts"
import { Spare, type Prepared } from "./spare.ts"
import { becomeLine } from "./waiting-shell.ts"

class FakeGroup extends PlainGroup implements Prepared {
  readonly kind: string
  isAlive = true
  isReady = true
  destroyed = false

  constructor(kind: string) {
    super()
    this.kind = kind
  }

  override async destroy(): Promise<void> {
    this.destroyed = true
  }
}

describe("a spare group", () => {
  let made: FakeGroup[]
  let spare: Spare<string, FakeGroup>

  beforeEach(() => {
    vi.useFakeTimers()
    made = []
    spare = new Spare<string, FakeGroup>("a", (kind) => {
      const group = new FakeGroup(kind)
      made.push(group)
      return group
    })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const renewed = (): FakeGroup | undefined => {
    spare.renew()
    vi.runAllTimers()
    return made.at(-1)
  }

  it("is made once for several renewals, and given once", () => {
    spare.renew()
    expect(renewed()).toBeDefined()
    renewed()
    expect(made).toHaveLength(1)
    expect(spare.take("a")).toBe(made[0])
    expect(spare.take("a")).toBeNull()
  })

  it("is not given before its process waits inside, and not replaced meanwhile", () => {
    const group = renewed()!
    group.isReady = false
    expect(spare.take("a")).toBeNull()
    renewed()
    group.isReady = true
    expect(spare.take("a")).toBe(group)
  })

  it("is replaced when its process has ended", () => {
    const group = renewed()!
    group.isAlive = false
    group.isReady = false
    expect(renewed()).not.toBe(group)
    expect(group.destroyed).toBe(true)
  })

  it("is of the kind that was wanted last", () => {
    const first = renewed()!
    expect(spare.take("b")).toBeNull()
    expect(renewed()?.kind).toBe("b")
    expect(first.destroyed).toBe(true)
  })

  it("is removed at the end, and not made again", async () => {
    const group = renewed()!
    await spare.close()
    expect(group.destroyed).toBe(true)
    renewed()
    expect(made).toHaveLength(1)
    expect(spare.take("a")).toBeNull()
  })

  it("that cannot be made is no failure", () => {
    const refused = new Spare<string, FakeGroup>("a", () => {
      throw new Error("no more groups")
    })
    refused.renew()
    expect(() => vi.runAllTimers()).not.toThrow()
    expect(refused.take("a")).toBeNull()
  })
})

describe("the line that makes a shell a command", () => {
  it("quotes every word", () => {
    const line = becomeLine(["/bin/x", "it's"], { cwd: "/a b", env: { K: "$(no) `no`" } })
    expect(line).toBe(`cd '/a b' && exec '/usr/bin/env' '-i' 'K=$(no) \`no\`' '/bin/x' 'it'\\''s' </dev/null\n`)
  })

  it("is none where a path would be taken for a variable", () => {
    expect(becomeLine(["/a=b/bootstrap"], { cwd: "/", env: {} })).toBeNull()
    expect(becomeLine([], { cwd: "/", env: {} })).toBeNull()
  })
})
