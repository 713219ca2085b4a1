import type { Clock } from "../../base/clock.ts"
import { messageOf, systemCode, TrimtabError } from "../../base/errors.ts"
import { isObject } from "../../base/json.ts"
import type { Store } from "../../stores/store.ts"
import type { RunResult } from "../../workflow/run-result.ts"
import { withDeadline } from "../deadline.ts"
import { unspill } from "../spill.ts"
import { RUN_HANDLER, type RunAnswer, type RunRequest } from "./run-request.ts"

export interface RestateAddress {
  /** Where runs are started, http://127.0.0.1:8080 by default. */
  readonly ingressUrl: string
  /** Where workers are registered and runs looked up, http://127.0.0.1:9070 by default. */
  readonly adminUrl: string
}

export const RESTATE_ADDRESS: RestateAddress = {
  ingressUrl: "http://127.0.0.1:8080",
  adminUrl: "http://127.0.0.1:9070",
}

/** Longest wait for an answer that needs no run to end, ms. */
const ANSWER_MS = 15_000

/** One question for a result lasts this long, then it is asked again, ms. */
const ATTACH_MS = 20_000

/** How long a server may be away while a result is waited for, ms, and the time between two tries. */
const AWAY_MS = 60_000
const AWAY_EVERY_MS = 250

export interface RestateClientOptions {
  readonly address: RestateAddress
  readonly service: string
  readonly clock: Clock
}

export interface ResultOptions {
  /** Where large results are. */
  readonly store: Store
  /** Ends the wait, not the run. */
  readonly signal: AbortSignal
}

/** A run as the server tells of it. */
export interface RestateRunStatus {
  readonly runId: string
  readonly invocationId: string
  /** Restate's word: `running`, `suspended`, `backing-off`, `paused`, `completed`, ... */
  readonly status: string
  readonly acceptedAtMs: number
}

/** Speaks to a Restate server: every call has a deadline, and a server that is not there is one clear error. */
export interface RestateClient {
  /**
   * Tells the server where a worker is; doing it twice changes nothing.
   * @throws TrimtabError `platform-unavailable`, `platform-refused` with the server's words
   */
  register(workerUrl: string): Promise<void>
  /** Starts a run, durably, or finds the one of this id. */
  start(request: RunRequest): Promise<void>
  /**
   * Waits for the end of a run, through restarts of the server.
   * @throws TrimtabError `usage` when the id stands for other work, `run-failed` when it ended without a result
   */
  result(run: Pick<RunRequest, "runId" | "workHash">, options: ResultOptions): Promise<RunResult>
  /** All runs of the service, oldest first, as long as the server keeps them. */
  runs(): Promise<readonly RestateRunStatus[]>
  /** Asks a run to end. False when the server knows no such run under way. */
  cancel(runId: string): Promise<boolean>
}

export function restateClient(options: RestateClientOptions): RestateClient {
  const { service, clock } = options
  const { ingressUrl, adminUrl } = options.address
  const call = (url: string, init: RequestInit, ms: number, signal?: AbortSignal): Promise<Answer> =>
    withDeadline(
      { clock, ms, what: `asking Restate at ${url}`, ...(signal === undefined ? {} : { signal }) },
      (until) => answerOf(url, { ...init, signal: until }),
    )
  const admin = async (path: string, init: RequestInit): Promise<Answer> => {
    const answer = await call(new URL(path, adminUrl).href, init, ANSWER_MS)
    if (answer.status >= 400) throw refused(adminUrl, answer)
    return answer
  }
  const runs = async (where: string): Promise<readonly RestateRunStatus[]> => {
    const query = `select id, status, idempotency_key, created_at from sys_invocation where target_service_name = '${quoted(service)}'${where} order by created_at`
    const headers = { "content-type": "application/json", accept: "application/json" }
    const { body } = await admin("/query", { method: "POST", headers, body: JSON.stringify({ query }) })
    return rowsOf(body).map((row) => ({
      runId: typeof row["idempotency_key"] === "string" ? row["idempotency_key"] : "",
      invocationId: String(row["id"]),
      status: String(row["status"]),
      acceptedAtMs: Date.parse(String(row["created_at"])),
    }))
  }
  const attach = async (runId: string, signal: AbortSignal): Promise<Answer | null> => {
    const path = `/restate/invocation/${service}/${RUN_HANDLER}/${encodeURIComponent(runId)}/attach`
    try {
      return await call(new URL(path, ingressUrl).href, { method: "GET" }, ATTACH_MS, signal)
    } catch (error) {
      if (error instanceof TrimtabError && error.code === "timeout") return null
      throw error
    }
  }

  return {
    register: async (workerUrl) => {
      const headers = { "content-type": "application/json" }
      await admin("/deployments", { method: "POST", headers, body: JSON.stringify({ uri: workerUrl, force: true }) })
    },
    start: async (request) => {
      const url = new URL(`/${service}/${RUN_HANDLER}/send`, ingressUrl).href
      const headers = { "content-type": "application/json", "idempotency-key": request.runId }
      const answer = await call(url, { method: "POST", headers, body: JSON.stringify(request) }, ANSWER_MS)
      if (answer.status === 404) throw notServed(service, ingressUrl)
      if (answer.status >= 400) throw refused(ingressUrl, answer)
    },
    result: async ({ runId, workHash }, { store, signal }) => {
      for (let goneSinceMs: number | null = null; ;) {
        try {
          const answer = await attach(runId, signal)
          goneSinceMs = null
          if (answer !== null) return await resultIn(answer, { runId, workHash, store, clock })
        } catch (error) {
          if (!(error instanceof TrimtabError) || error.code !== "platform-unavailable") throw error
          goneSinceMs ??= clock.monotonicMs()
          if (clock.monotonicMs() - goneSinceMs > AWAY_MS) throw error
          await clock.sleep(AWAY_EVERY_MS, signal)
        }
      }
    },
    runs: () => runs(""),
    cancel: async (runId) => {
      const [run] = await runs(` and idempotency_key = '${quoted(runId)}'`)
      if (run === undefined || run.status === "completed") return false
      await admin(`/invocations/${run.invocationId}/cancel`, { method: "PATCH" })
      return true
    },
  }
}

interface Answer {
  readonly status: number
  readonly body: string
}

async function answerOf(url: string, init: RequestInit): Promise<Answer> {
  try {
    const response = await fetch(url, init)
    return { status: response.status, body: await response.text() }
  } catch (error) {
    if (init.signal?.aborted === true) throw error
    const cause = error instanceof Error ? error.cause : undefined
    const why = systemCode(cause) ?? messageOf(error)
    const { origin } = new URL(url)
    throw new TrimtabError(
      "platform-unavailable",
      `no Restate server answers at ${origin} (${why}); start one (\`npx @restatedev/restate-server\`), or name its address with --ingress and --admin`,
      { where: origin, fix: "start a Restate server", retryable: true, cause: error },
    )
  }
}

interface Expected {
  readonly runId: string
  readonly workHash: string
  readonly store: Store
  readonly clock: Clock
}

async function resultIn({ status, body }: Answer, { runId, workHash, store, clock }: Expected): Promise<RunResult> {
  if (status >= 400)
    throw new TrimtabError("run-failed", `run ${runId} ended without a result: ${wordsOf(body)}`, { where: runId })
  const answer = JSON.parse(body) as RunAnswer // what `restate-worker.ts` answers
  if (answer.workHash !== workHash)
    throw new TrimtabError("usage", `the request key of run ${runId} was used for other work`, {
      fix: "use a new key for new work",
    })
  if ("value" in answer.result) return answer.result.value
  return JSON.parse(await unspill(answer.result.ref, { store, clock })) as RunResult
}

function refused(at: string, { status, body }: Answer): TrimtabError {
  return new TrimtabError("platform-refused", `Restate at ${at} refused (HTTP ${status}): ${wordsOf(body)}`, {
    where: at,
  })
}

function notServed(service: string, at: string): TrimtabError {
  return new TrimtabError(
    "platform-refused",
    `no worker serves ${service} at ${at}; start one: trimtab serve --engine restate`,
    {
      where: at,
      fix: "start a worker: trimtab serve --engine restate",
    },
  )
}

/** The message of an answer, which is JSON where the server made it. */
function wordsOf(body: string): string {
  try {
    const value: unknown = JSON.parse(body)
    if (isObject(value) && typeof value["message"] === "string") return value["message"]
  } catch {
    // Then it is text.
  }
  return body.slice(0, 300)
}

function rowsOf(body: string): readonly Record<string, unknown>[] {
  const value: unknown = JSON.parse(body)
  const rows = isObject(value) ? value["rows"] : value
  return Array.isArray(rows) ? rows.filter(isObject) : []
}

function quoted(text: string): string {
  return text.replaceAll("'", "''")
}
