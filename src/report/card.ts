import { h, type VNode } from "./h.ts"

/** A figure that matters, with what it is and a note on it. */
export function card(label: string, value: string, note: string, tone: "good" | "warn" | "bad" | "" = ""): VNode {
  return h(
    "div",
    { class: `card ${tone}`.trim() },
    h("div", { class: "label" }, label),
    h("div", { class: "value" }, value),
    h("div", { class: "note" }, note),
  )
}
