import { h } from "./h.ts"
import type { Child, VNode } from "./h.ts"

/** A part of a page: a heading, a sentence on how to read it, and the thing itself. */
export function section(title: string, lead: string, content: Child): VNode {
  return h("section", {}, h("h2", {}, title), h("p", { class: "lead" }, lead), content)
}

/** A figure that may be wider than the page; the keyboard can scroll it. */
export function scroll(name: string, content: Child): VNode {
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": name }, content)
}
