import { createHash } from "node:crypto"
import type { Clock } from "../base/clock.ts"
import { canonicalJson, type Json } from "../base/json.ts"
import type { Random } from "../base/random.ts"
import type { Store } from "../stores/store.ts"
import type { Workflow } from "../workflow/workflow.ts"
import type { RedriveRequest, StartRequest } from "./engine.ts"
import type { NewRun, RunRow } from "./journal.ts"
import { isLarge, spill } from "./spill.ts"

/** A workflow as the journal keeps it. */
export interface StoredWorkflow {
  readonly text: string
  /** SHA-256 of the text. */
  readonly hash: string
}

/** Texts of workflows that are run again and again. */
const texts = new WeakMap<Workflow, StoredWorkflow>()

export function storedWorkflow(workflow: Workflow): StoredWorkflow {
  const known = texts.get(workflow)
  if (known !== undefined) return known
  const text = canonicalJson(workflow)
  const made = { text, hash: createHash("sha256").update(text).digest("hex") }
  texts.set(workflow, made)
  return made
}

export interface NewRunOptions {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
}

/** The row of a run that is to be accepted; a large input is put into the store first. */
export async function newRunOf(request: StartRequest, options: NewRunOptions): Promise<NewRun> {
  const { workflow, input, goal, requestKey, codeHashes } = request
  const runId = newRunId(options.random)
  const { text, hash } = storedWorkflow(workflow)
  return {
    runId,
    requestKey: requestKey ?? null,
    workflowHash: hash,
    workflow: text,
    workflowName: workflow.name,
    ...(await storedInput(runId, input, options)),
    goal: JSON.stringify(goal),
    codeHashes: JSON.stringify(codeHashes ?? {}),
    acceptedAtMs: options.clock.nowMs(),
  }
}

/** What the row of a redrive has for its input: the run that it goes on with. */
export interface RedriveInput {
  readonly run: string
}

/** The row of a run that does again what is missing of another one, `text` being the workflow of both. */
export function newRedriveOf(row: RunRow, text: string, request: RedriveRequest, options: NewRunOptions): NewRun {
  const input: RedriveInput = { run: row.runId }
  return {
    runId: newRunId(options.random),
    requestKey: null,
    workflowHash: row.workflowHash,
    workflow: text,
    workflowName: row.workflowName,
    input: JSON.stringify(input),
    inputKind: "redrive",
    goal: request.goal === undefined ? row.goal : JSON.stringify(request.goal),
    codeHashes: JSON.stringify(request.codeHashes ?? {}),
    acceptedAtMs: options.clock.nowMs(),
  }
}

/** True when a request asks for exactly what a run was accepted for. */
export async function isSameWork(row: RunRow, request: StartRequest, options: NewRunOptions): Promise<boolean> {
  if (row.workflowHash !== storedWorkflow(request.workflow).hash || row.goal !== JSON.stringify(request.goal))
    return false
  const { input } = await storedInput(row.runId, request.input, options)
  return row.input === input
}

/** 128 bits of chance, as 32 hex digits. */
export function newRunId(random: Random): string {
  const word = (): string => Math.floor(random.next() * 2 ** 32).toString(16)
  return Array.from({ length: 4 }, () => word().padStart(8, "0")).join("")
}

async function storedInput(
  runId: string,
  input: Json,
  { store, clock }: NewRunOptions,
): Promise<Pick<NewRun, "input" | "inputKind">> {
  const text = JSON.stringify(input)
  if (!isLarge(text)) return { input: text, inputKind: "inline" }
  return { input: JSON.stringify(await spill(`runs/${runId}/input`, text, { store, clock })), inputKind: "ref" }
}
