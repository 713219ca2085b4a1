import { h, renderElement } from "./h.ts"
import type { VNode } from "./h.ts"
import { PAGE_CSS } from "./page-css.ts"
import { FIGURE_CSS, themeCss } from "./theme.ts"

/** Nothing may be loaded and nothing may run: the page is text, figures and its own style. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

/** One HTML file that needs no network and has no script. Texts inside `body` were escaped by `h`. */
export function htmlPage(page: { readonly title: string; readonly body: VNode }): string {
  const head = [
    h("meta", { charset: "utf-8" }),
    h("meta", { "http-equiv": "Content-Security-Policy", content: POLICY }),
    h("meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
    h("meta", { name: "color-scheme", content: "light dark" }),
    h("meta", { name: "generator", content: "Trimtab" }),
    h("title", {}, page.title),
  ].map(renderElement)
  const style = `<style>${themeCss()}\n${FIGURE_CSS}\n${PAGE_CSS}</style>`
  return `<!doctype html>\n<html lang="en"><head>${head.join("")}${style}</head><body>${renderElement(page.body)}</body></html>\n`
}
