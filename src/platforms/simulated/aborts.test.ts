import fc from "fast-check"
import { expect, test } from "vitest"
import { Aborts, type Abortable } from "./aborts.ts"

test("an abort ends exactly the calls that are in flight, whatever came and went before", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 60 }), (choices) => {
      const aborts = new Aborts()
      const controller = new AbortController()
      const flying: { readonly call: Abortable; readonly id: number }[] = []
      const ended: number[] = []
      choices.forEach((choice, id) => {
        if (choice % 3 === 0 && flying.length > 0) {
          const [gone] = flying.splice(choice % flying.length, 1)
          aborts.remove(controller.signal, gone!.call)
          return
        }
        const call = { place: 0, aborted: () => void ended.push(id) }
        flying.push({ call, id })
        aborts.add(controller.signal, call)
      })
      controller.abort()
      expect(ended.toSorted((a, b) => a - b)).toEqual(flying.map(({ id }) => id).toSorted((a, b) => a - b))
    }),
  )
})
