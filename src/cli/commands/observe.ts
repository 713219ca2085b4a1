import { stat } from "node:fs/promises"
import { realClock } from "../../base/clock.ts"
import { TrimtabError } from "../../base/errors.ts"
import { seededRandom } from "../../base/random.ts"
import { awsLambdaPricing } from "../../pricing/aws-lambda.ts"
import { pipelinePage } from "../../report/pipeline-page.ts"
import { pipelineTable } from "../../report/pipeline-table.ts"
import type { FileSource } from "../../tuner/inspection/file-source.ts"
import { logInspector, type InspectionProgress, type LogInspector } from "../../tuner/inspection/inspect.ts"
import { invocationCost } from "../../tuner/inspection/invocation-cost.ts"
import { runSample, type RunSample } from "../../tuner/inspection/run-sample.ts"
import { reconstruct, type Reconstruction } from "../../tuner/reconstruction/reconstruct.ts"
import { EXIT } from "../exit-codes.ts"
import { logSources } from "../log-sources.ts"
import type { CommandContext } from "../main.ts"
import { observationNotes } from "../observation-notes.ts"
import { writeAskedFiles } from "../text-output.ts"

export interface ObserveFlags {
  readonly runs?: number
  readonly gap?: number
  readonly html?: string
}

/** Runs that the pipeline is rebuilt from: more of them change no figure by a third of a percent. */
const MOST_RUNS = 10_000

/** So many are put together in a moment. */
const MANY_RUNS = 2_000

/**
 * `trimtab observe`: reads logs of functions that somebody else runs, and shows the workflow that they are part of. It
 * needs no project and invokes nothing.
 */
export async function observe(context: CommandContext, flags: ObserveFlags, paths: readonly string[]): Promise<number> {
  const { terminal, cwd, signal } = context
  const sources = await logSources(context, paths)
  const sample = runSample(flags.runs ?? MOST_RUNS, seededRandom(1))
  const inspector = logInspector({
    sources,
    onRun: (run) => sample.add(run),
    costOf: invocationCost(awsLambdaPricing()),
    ...(flags.gap !== undefined && { quietMs: flags.gap }),
    onProgress: progressOf((line) => terminal.progress(line), await sizeOf(sources)),
  })
  await inspector.poll({ signal, lastLine: "take" })
  inspector.flush()
  if (sample.runs.length >= MANY_RUNS) terminal.progress(`putting ${sample.seen.toLocaleString("en-US")} runs together`)
  const made = reconstruct(sample.runs)
  terminal.done()
  if (made.pipeline === null) throw nothingIn(sources, inspector)
  const notes = observationNotes({ made, counts: inspector.counts, seen: sample.seen })
  for (const note of notes) terminal.info(note)
  await writeAskedFiles([[flags.html, () => pipelinePage(made.pipeline!, { title: titleOf(sources), notes })]], {
    terminal,
    cwd,
  })
  terminal.result(documentOf({ sources, sample, inspector, made }), () => pipelineTable(made.pipeline!, terminal))
  return EXIT.ok
}

async function sizeOf(sources: readonly FileSource[]): Promise<number> {
  const sizes = await Promise.all(
    sources.map(({ path }) =>
      stat(path).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** Logs up to this size are read in no time: no progress is told. */
const SMALL_BYTES = 20_000_000

function progressOf(say: (line: string) => void, sizeBytes: number): (progress: InspectionProgress) => void {
  const beganMs = realClock.monotonicMs()
  const megabytes = (bytes: number): string => Math.round(bytes / 1e6).toLocaleString("en-US")
  return ({ bytes, lines, invocations }) => {
    if (sizeBytes < SMALL_BYTES) return
    const leftS = (((realClock.monotonicMs() - beganMs) / Math.max(1, bytes)) * Math.max(0, sizeBytes - bytes)) / 1000
    say(
      `read ${megabytes(bytes)} of ${megabytes(sizeBytes)} MB, ${lines.toLocaleString("en-US")} lines, ${invocations.toLocaleString("en-US")} invocations, about ${Math.ceil(leftS)} s left`,
    )
  }
}

function nothingIn(sources: readonly FileSource[], { counts }: LogInspector): TrimtabError {
  const where = sources.map(({ path }) => path).join(", ")
  const lines = `${counts.lines.toLocaleString("en-US")} ${counts.lines === 1 ? "line" : "lines"}`
  if (counts.undated > 0)
    return new TrimtabError(
      "invalid-data",
      `${where}: ${counts.undated} reports and no line that says when they were; export the logs with their times`,
      { where, fix: "export the logs with their times, as `aws logs tail --format detailed` does" },
    )
  const refused = counts.malformed === 0 ? "" : `, ${counts.malformed} of them reports that make no sense`
  return new TrimtabError(
    "invalid-data",
    `${where}: no invocation in ${lines}${refused}; logs have REPORT or platform.report lines`,
    { where, fix: "name logs of AWS Lambda or of the local platform" },
  )
}

function titleOf(sources: readonly FileSource[]): string {
  const names = sources.map(({ name }) => name)
  return names.length > 3 ? `Pipeline of ${names.length} logs` : `Pipeline of ${names.join(", ")}`
}

function documentOf(of: {
  readonly sources: readonly FileSource[]
  readonly sample: RunSample
  readonly inspector: LogInspector
  readonly made: Reconstruction
}): object {
  const { pipeline, clocks, missing } = of.made
  return {
    schemaVersion: 1,
    logs: of.sources.map(({ path }) => path),
    counts: { ...of.inspector.counts, missing },
    runsSeen: of.sample.seen,
    clocks,
    pipeline,
  }
}
