import { h as preactH } from "preact"
import type { ComponentChild, VNode } from "preact"
import { render } from "preact-render-to-string"

/** What may stand inside an element. Texts are escaped when they are rendered. */
export type Child = ComponentChild
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>
export type { VNode } from "preact"

/** Makes an element. Narrower than Preact's own: no components, no handlers, no raw HTML. */
export function h(tag: string, attributes: Attributes = {}, ...children: readonly Child[]): VNode {
  return preactH(tag, attributes, ...children)
}

/** HTML or SVG text of an element, with every text and attribute escaped. */
export function renderElement(element: VNode): string {
  return render(element)
}
