import type { ClaimRow } from "./experiment.ts"

/** The table stands between these lines of the page; everything beside them is written by hand. */
const BEGIN = "<!-- experiments: written by npm run experiments, from here -->"
const END = "<!-- experiments: to here -->"

/** An experiment with its claims. */
export interface ClaimGroup {
  readonly name: string
  readonly of: string
  readonly claims: readonly ClaimRow[]
  /** Names of its figures. */
  readonly figures: readonly string[]
}

/**
 * The page with the table between its marks replaced. Experiments that were not run now keep the lines they have.
 * Sections stand in the order of `order`; what is not in it is gone.
 * @throws Error where the page has no marks
 */
export function withClaims(page: string, groups: readonly ClaimGroup[], order: readonly string[]): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (from < 0 || to < from) throw new Error(`the page has no lines "${BEGIN}" and "${END}"`)
  const kept = new Map(sectionsOf(page.slice(from + BEGIN.length, to)))
  for (const group of groups) kept.set(group.name, section(group))
  const sections = order.flatMap((name) => kept.get(name)?.trim() ?? [])
  return `${page.slice(0, from)}${BEGIN}\n\n${sections.join("\n\n")}\n\n${page.slice(to)}`
}

/** Sections by the name of their experiment, in the order of the page. */
function sectionsOf(text: string): [string, string][] {
  return text
    .split(/^(?=#### )/m)
    .filter((part) => part.startsWith("#### "))
    .map((part) => [/`([^`]+)`/.exec(part)?.[1] ?? "", part])
}

function section({ name, of, claims, figures }: ClaimGroup): string {
  const pictures = figures.map((figure) => `[${figure}](figures/${figure}.svg)`)
  return [
    `#### ${of}`,
    `\`${name}\`${pictures.length > 0 ? `: ${pictures.join(", ")}` : ""}`,
    "",
    "| Claim | Paper | We get |",
    "|---|---|---|",
    ...claims.map(({ claim, paper, ours }) => `| ${[claim, paper, ours].map(cell).join(" | ")} |`),
  ].join("\n")
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ")
}
