import { parseArgs } from "node:util"
import { describe, expect, it } from "vitest"
import { SERVER_FLAGS, serverArguments, serverOptionsOf } from "./arguments.ts"
import { DEFAULT_SERVER_OPTIONS, type ServerOptions } from "./options.ts"

const read = (args: string[]): ServerOptions => serverOptionsOf(parseArgs({ args, options: SERVER_FLAGS }).values)

describe("flags of the server", () => {
  it("say what the options said", () => {
    const options: ServerOptions = {
      ...DEFAULT_SERVER_OPTIONS,
      stateDir: "/somewhere",
      vcpuScale: 1 / 6,
      admission: "reject",
      billInit: false,
      enforcement: "signals",
      keepAliveMs: 5,
    }
    expect(read(serverArguments(options))).toEqual(options)
    expect(read(["--root=x"])).toEqual({ ...DEFAULT_SERVER_OPTIONS, stateDir: "x" })
  })

  it("are refused with the flag's name when they make no sense", () => {
    expect(() => read([])).toThrow("--root")
    expect(() => read(["--root=x", "--scale=0"])).toThrow("--scale takes a number of at least 0.01")
    expect(() => read(["--root=x", "--scale=fast"])).toThrow("--scale")
    expect(() => read(["--root=x", "--enforcement=magic"])).toThrow("one of cgroup-v2, cgroup-v1")
  })
})
