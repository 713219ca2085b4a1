import { realClock } from "../../base/clock.ts"
import { formatMs } from "../../base/format.ts"
import type { HedgeMode } from "../../engine/hedge-mode.ts"
import type { PrewarmRuleName } from "../../engine/prewarm-rule.ts"
import { startRestateWorker } from "../../engine/restate/restate-worker.ts"
import { serviceOf } from "../../engine/restate/run-request.ts"
import { loadRestateSdk } from "../../engine/restate/sdk.ts"
import { openWorkspace } from "../composition.ts"
import { loadProject } from "../config.ts"
import type { EngineFlags } from "../engine-flags.ts"
import { runRecorders } from "../execute.ts"
import { EXIT } from "../exit-codes.ts"
import type { CommandContext } from "../main.ts"
import { assertProfiled } from "../planning.ts"
import { policiesAgain } from "../policies.ts"
import { addressOf, projectRestate } from "../restate.ts"

export interface ServeFlags extends EngineFlags {
  readonly host?: string
  readonly port?: number
  readonly advertise?: string
  readonly prewarm?: PrewarmRuleName
  readonly hedge?: HedgeMode
}

/** Where the worker listens when nothing is said. */
const DEFAULT_PORT = 9080

/**
 * `trimtab serve --engine restate`: executes the runs that a Restate server hands over, until Ctrl-C. What can be wrong
 * on the user's side is found before anything is packaged.
 */
export async function serve(context: CommandContext, flags: ServeFlags): Promise<number> {
  const { terminal, cwd, configFile, signal } = context
  const address = addressOf(flags)
  await loadRestateSdk()
  const project = await loadProject({ file: configFile, cwd })
  const client = projectRestate(project, flags)
  const { workflow } = project
  // Nothing is prepared for a server that is not there.
  await client.runs()
  const workspace = await openWorkspace(project, terminal)
  try {
    const estimator = await workspace.estimator()
    assertProfiled(workflow, estimator)
    await workspace.deploy()
    const recorders = runRecorders(workspace)
    const { platform, store } = workspace
    const worker = await startRestateWorker({
      service: serviceOf(workflow.name),
      platform,
      store,
      clock: realClock,
      logger: terminal,
      policyFor: policiesAgain({ estimator, limits: platform.limits }),
      onEvent: recorders.onEvent,
      onResult: async (result) => {
        await recorders.save(result)
        terminal.info(`run ${result.runId}: ${result.status} after ${formatMs(result.latencyMs)}`)
      },
      port: flags.port ?? DEFAULT_PORT,
      ...(flags.host === undefined ? {} : { host: flags.host }),
      ...(flags.prewarm === undefined ? {} : { prewarm: flags.prewarm }),
      ...(flags.hedge === undefined ? {} : { hedge: flags.hedge }),
    })
    try {
      const url = flags.advertise ?? `http://127.0.0.1:${worker.port}`
      await client.register(url)
      terminal.result(
        { schemaVersion: 1, workflow: workflow.name, service: serviceOf(workflow.name), url, ...address },
        () =>
          `serving ${workflow.name} at ${url} to the Restate server at ${address.adminUrl}\nstart a run: trimtab run --engine restate --slo 10s; Ctrl-C stops this worker, and its runs wait for the next one`,
      )
      await aborted(signal)
      return EXIT.ok
    } finally {
      await worker.close()
    }
  } finally {
    await workspace.close()
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener("abort", () => resolve(), { once: true })
  })
}
