import { realClock } from "../base/clock.ts"
import { TrimtabError } from "../base/errors.ts"
import type { Json } from "../base/json.ts"
import { newRunId } from "../engine/new-run.ts"
import {
  RESTATE_ADDRESS,
  restateClient,
  type RestateAddress,
  type RestateClient,
} from "../engine/restate/restate-client.ts"
import { carriedInput, runIdOfKey, runRequest, serviceOf } from "../engine/restate/run-request.ts"
import type { Goal } from "../workflow/goal.ts"
import { realRandom, type Workspace } from "./composition.ts"
import type { Project } from "./config.ts"
import type { EngineFlags } from "./engine-flags.ts"
import { writeReport, type Executed } from "./execute.ts"
import type { Terminal } from "./terminal.ts"

/** @throws TrimtabError `usage` for an address that is no URL, or one that no engine uses */
export function addressOf({ engine, ingress, admin }: EngineFlags): RestateAddress {
  if (engine !== "restate" && (ingress !== undefined || admin !== undefined))
    throw new TrimtabError("usage", "--ingress and --admin belong to --engine restate", { fix: "add --engine restate" })
  const { ingressUrl, adminUrl } = RESTATE_ADDRESS
  return { ingressUrl: urlOf("--ingress", ingress ?? ingressUrl), adminUrl: urlOf("--admin", admin ?? adminUrl) }
}

function urlOf(flag: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol === "http:" || url?.protocol === "https:") return text
  throw new TrimtabError("usage", `${flag} ${text} is no URL; give one like http://127.0.0.1:8080`)
}

/** The client of a project's runs. */
export function projectRestate({ workflow }: Project, flags: EngineFlags): RestateClient {
  return restateClient({ address: addressOf(flags), service: serviceOf(workflow.name), clock: realClock })
}

export interface RestateOrder {
  readonly workspace: Workspace
  readonly terminal: Terminal
  readonly signal: AbortSignal
  readonly goal: Goal
  readonly input: Json
  /** Name of the policy. */
  readonly policy: string
  readonly requestKey: string | undefined
  readonly flags: EngineFlags
}

/** One run on the workers of a Restate server, from its start to its report. */
export async function executeOnRestate(order: RestateOrder): Promise<Executed> {
  const { workspace, terminal, signal, goal, policy, requestKey } = order
  const { project, store } = workspace
  const { workflow } = project
  const runId = requestKey === undefined ? newRunId(realRandom) : runIdOfKey(serviceOf(workflow.name), requestKey)
  const input = await carriedInput(runId, order.input, { store, clock: realClock })
  const request = runRequest({ runId, workflow, goal, input, policy })
  const client = projectRestate(project, order.flags)
  await client.start(request)
  terminal.info(`run ${runId} is with the Restate server; waiting for its end`)
  const result = await untilInterrupted(signal, runId, client.result(request, { store, signal }))
  return { result, page: await writeReport(project.stateDir, result) }
}

/** On Ctrl-C only the wait ends. */
async function untilInterrupted<T>(signal: AbortSignal, runId: string, waiting: Promise<T>): Promise<T> {
  try {
    return await waiting
  } catch (error) {
    if (!signal.aborted) throw error
    throw new TrimtabError(
      "interrupted",
      `interrupted; run ${runId} goes on: \`trimtab cancel ${runId} --engine restate\` ends it, the same --request-key waits for it again`,
    )
  }
}
