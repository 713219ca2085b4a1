import { newsvendorRule } from "./prewarm-newsvendor.ts"
import { paperRule } from "./prewarm-paper.ts"
import type { PrewarmRule, PrewarmRuleName } from "./prewarm-rule.ts"

/** The rule of a name; null for `none`. */
export function prewarmRule(name: PrewarmRuleName): PrewarmRule | null {
  if (name === "none") return null
  return name === "paper" ? paperRule : newsvendorRule
}
