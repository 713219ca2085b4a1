import type { Basis } from "../estimation/basis.ts"
import { count } from "../report/numbers.ts"
import { ageText, countsText } from "./profile-summary.ts"

const PARTS: Readonly<Record<Basis["borrowed"][number], string>> = {
  mappingDelay: "start",
  init: "init",
  download: "download",
  upload: "upload",
  noise: "spread between runs",
}

const NOTES: Readonly<Record<Basis["notes"][number], string>> = {
  "threads-other-than-declared": "the times show another use of cores than the workflow declares (threads)",
  "slower-with-memory": "more memory made it slower somewhere, and the curve follows that",
  "gaussian-process-residual": "the curve is corrected where the measurements ask for it",
}

/** What the estimates of a step rest on, in one to three lines: samples, errors so far, and what is to be doubted. */
export function basisText(basis: Basis, sizes: number, nowMs: number): string {
  const { doubtful, transferred } = basis
  const doubts = [
    ...(transferred ? ["transferred from one local run, not measured at its sizes"] : []),
    ...(doubtful ? ["all samples are contended or not enforced"] : []),
    ...(basis.borrowed.length > 0
      ? [`not measured here, taken from priors: ${basis.borrowed.map((part) => PARTS[part]).join(", ")}`]
      : []),
    ...basis.notes.map((note) => NOTES[note]),
    ...driftText(basis, nowMs),
  ]
  return [
    restsText(basis, sizes, nowMs),
    errorText(basis),
    ...(doubts.length > 0 ? [`note: ${doubts.join("; ")}`] : []),
  ].join("\n")
}

function restsText({ samples, sources, newestAtMs, transferred }: Basis, sizes: number, nowMs: number): string {
  const found = samples.instances + samples.steps
  const rests = [
    ...(transferred ? ["the operations of one local run"] : []),
    ...(newestAtMs === null
      ? []
      : [
          `${count(found, "sample")} (${countsText(sources)}) at ${count(sizes, "size")}, the newest ${ageText(nowMs - newestAtMs)} old`,
        ]),
  ]
  return `from ${rests.join(" and ")}`
}

function errorText({ transferred, error: { heldOutPct, noisePct, formPct, coverage95 } }: Basis): string {
  const parts = [
    ...(transferred ? [] : [heldOutText(heldOutPct)]),
    `spread between runs ${percent(noisePct)}`,
    `doubt of the curve ${percent(formPct)}`,
    ...(coverage95 === null ? [] : [`${coverage95.covered} of ${count(coverage95.runs, "run")} inside their p95`]),
  ]
  return parts.join(", ")
}

function heldOutText(heldOutPct: number | null): string {
  if (heldOutPct === null) return "error not known: fewer than two sizes"
  return `error at sizes left out ${percent(heldOutPct)}`
}

function driftText({ drift }: Basis, nowMs: number): readonly string[] {
  if (drift.alarm === null) return []
  const when = drift.changedAtMs === null ? "" : ` ${ageText(nowMs - drift.changedAtMs)} ago`
  const change = `it became ${drift.alarm}${when}${drift.alarm === "wider" ? "" : ` (times ${drift.ratio.toFixed(2)})`}`
  return [drift.wantsProfiling ? `${change}; profile it anew` : change]
}

function percent(value: number): string {
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} %`
}
