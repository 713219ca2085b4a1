import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { displayWidth, pad, truncate, wrapText } from "./display-width.ts"

describe("display width", () => {
  it.each([
    ["detect", 6],
    ["動画", 4],
    ["é", 1],
    ["e\u0301", 1],
    ["👩‍👩‍👧", 2],
    ["🇨🇦", 2],
    ["❤️", 2],
    ["a\u200bb", 2],
    ["", 0],
  ])("of %j is %i", (text, width) => {
    expect(displayWidth(text)).toBe(width)
  })

  it("is kept when a text is cut or filled up", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 20 }), (text, width) => {
        expect(displayWidth(truncate(text, width))).toBeLessThanOrEqual(width)
        expect(displayWidth(pad(truncate(text, width), width, "right"))).toBe(width)
      }),
    )
  })

  it("never cuts a wide sign in two", () => {
    expect(truncate("動画処理", 4)).toBe("動…")
  })
})

describe("wrapping", () => {
  it("keeps every word and stays inside the width", () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(words, fc.integer({ min: 12, max: 40 }), (words, width) => {
        const lines = wrapText(words.join(" "), width)
        expect(lines.join(" ")).toBe(words.join(" "))
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width)
      }),
    )
  })

  it("breaks a word that is longer than a line", () => {
    expect(wrapText("an unbelievablylongname", 8)).toEqual(["an", "unbeliev", "ablylong", "name"])
  })
})
