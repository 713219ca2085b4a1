import { expect, test } from "vitest"
import { renderElement } from "../src/report/h.ts"
import { withClaims } from "./claims-table.ts"
import { EXPERIMENTS } from "./experiments.ts"

test.each(EXPERIMENTS)("$name runs through at its smallest and says what it claims", async ({ run, name }) => {
  const told: string[] = []
  const { claims, figures, rows } = await run({ size: "smoke", progress: (text) => told.push(text) })
  expect(claims.length).toBeGreaterThan(0)
  for (const { claim, paper, ours } of claims) {
    expect([claim, paper, ours].every((text) => text.length > 0)).toBe(true)
    expect(ours).not.toMatch(/NaN|undefined|Infinity/)
  }
  for (const figure of Object.values(figures)) expect(renderElement(figure)).not.toMatch(/NaN|undefined|Infinity/)
  expect(Object.keys(figures).every((figure) => figure.startsWith(name.split("-")[0]!))).toBe(true)
  expect(rows.length).toBeGreaterThan(0)
})

test("claims replace their own lines of the page and leave the others", () => {
  const [begin, end] = [
    "<!-- experiments: written by npm run experiments, from here -->",
    "<!-- experiments: to here -->",
  ]
  const group = (name: string, ours: string): Parameters<typeof withClaims>[1][number] => ({
    name,
    of: `Fig. of ${name}`,
    claims: [{ claim: "c|laim", paper: "4 %", ours }],
    figures: [name],
  })
  const order = ["one", "two"]
  const first = withClaims(`by hand\n${begin}\n${end}\nreasons`, [group("two", "6 %"), group("one", "5 %")], order)
  const second = withClaims(first, [group("two", "7 %")], order)
  expect(second).toContain("| c\\|laim | 4 % | 5 % |")
  expect(second).toContain("| 7 % |")
  expect(second).not.toContain("| 6 % |")
  expect(second.indexOf("`one`")).toBeLessThan(second.indexOf("`two`"))
  expect(second.startsWith("by hand\n")).toBe(true)
  expect(second.endsWith("\nreasons")).toBe(true)
  expect(() => withClaims("no marks", [], [])).toThrow(/has no lines/)
})
