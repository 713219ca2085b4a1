import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { parseFunctionName } from "./function-name.ts"

describe("names of functions", () => {
  it("reads a name, a name with a qualifier, and ARNs", () => {
    expect(parseFunctionName("mark", null)).toEqual({ name: "mark" })
    expect(parseFunctionName("mark", "")).toEqual({ name: "mark" })
    expect(parseFunctionName("mark", "1024MB")).toEqual({ name: "mark", qualifier: "1024MB" })
    expect(parseFunctionName("mark:1024MB", null)).toEqual({ name: "mark", qualifier: "1024MB" })
    expect(parseFunctionName("mark:$LATEST", null)).toEqual({ name: "mark", qualifier: "$LATEST" })
    const arn = "arn:aws:lambda:eu-west-1:123456789012:function:mark"
    expect(parseFunctionName(arn, null)).toEqual({ name: "mark" })
    expect(parseFunctionName(`${arn}:7`, null)).toEqual({ name: "mark", qualifier: "7" })
    expect(parseFunctionName("123456789012:function:mark:7", null)).toEqual({ name: "mark", qualifier: "7" })
  })

  it("takes the same qualifier twice, not two different ones", () => {
    expect(parseFunctionName("mark:7", "7")).toEqual({ name: "mark", qualifier: "7" })
    expect(typeof parseFunctionName("mark:7", "8")).toBe("string")
  })

  it("refuses what is no name", () => {
    for (const text of ["", "a b", "a/b", "../x", "a:b:c", "x".repeat(65), "a:$OTHER"])
      expect(typeof parseFunctionName(text, null)).toBe("string")
  })

  it("never throws and never lets a path through", () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string()), (segment, qualifier) => {
        const parsed = parseFunctionName(segment, qualifier)
        if (typeof parsed !== "string") expect(parsed.name).toMatch(/^[a-zA-Z0-9-_]{1,64}$/)
      }),
    )
  })
})
