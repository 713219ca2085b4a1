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
  const { samples, sources, newestAtMs, doubtful } = basis
  const found = samples.instances + samples.steps
  const rests = `from ${count(found, "sample")} (${countsText(sources)}) at ${count(sizes, "size")}, the newest ${ageText(nowMs - newestAtMs)} old`
  const doubts = [
    ...(doubtful ? ["all samples are contended or not enforced"] : []),
    ...(basis.borrowed.length > 0
      ? [`not measured here, taken from priors: ${basis.borrowed.map((part) => PARTS[part]).join(", ")}`]
      : []),
    ...basis.notes.map((note) => NOTES[note]),
    ...driftText(basis, nowMs),
  ]
  return [rests, errorText(basis), ...(doubts.length > 0 ? [`note: ${doubts.join("; ")}`] : [])].join("\n")
}

function errorText({ error: { heldOutPct, noisePct, formPct, coverage95 } }: Basis): string {
  const parts = [
    heldOutPct === null ? "error not known: fewer than two sizes" : `error at sizes left out ${percent(heldOutPct)}`,
    `spread between runs ${percent(noisePct)}`,
    `doubt of the curve ${percent(formPct)}`,
    ...(coverage95 === null ? [] : [`${coverage95.covered} of ${count(coverage95.runs, "run")} inside their p95`]),
  ]
  return parts.join(", ")
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
