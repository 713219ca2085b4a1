import type { Store } from "../stores/store.ts"
import { parseEnvelope } from "../protocol/parse-envelope.ts"
import { STORE_VARIABLE } from "./environment.ts"
import { TrimtabError } from "../base/errors.ts"
import { ENVELOPE_VERSION, type PrewarmOutput } from "../protocol/envelope.ts"
import { invocationFolder, removeFolder } from "./invocation-folder.ts"
import { runPart } from "./part.ts"
import { type Processes, processesOf } from "./processes.ts"
import { closingAt, openContext } from "./task-context.ts"
import { exportOf, type UserModule } from "./user-module.ts"

/** What the platform says of one invocation. */
export interface Invocation {
  readonly requestId: string
  /** Wall time, ms since 1970. */
  readonly deadlineMs: number
  /** The context object that AWS hands to a handler, for plain calls. */
  readonly lambdaContext: Readonly<Record<string, unknown>>
}

/** What an instance is made of. */
export interface InstanceOptions {
  readonly module: UserModule
  /** File that a worker process runs. */
  readonly entryPath: string
  /** Opens the store; null for a function that has none. */
  readonly openStore: (() => Promise<Store>) | null
}

/** What outlives an invocation. */
export interface InstanceState {
  readonly module: UserModule
  /** Opens the store once; throws when there is none. */
  readonly store: () => Promise<Store>
  readonly hasStore: boolean
  readonly processes: () => Processes
  /** First invocation of this instance. */
  readonly cold: boolean
}

/** One live function container: answers invocations one at a time. */
export interface Instance {
  /** The answer as JSON. Throws what the user's handler throws on a plain call; failed tasks are in the answer. */
  answer(payload: unknown, invocation: Invocation): Promise<string>
  /**
   * Loads the code of the store, if there is one. Before the first invocation, since platforms give an instance a full
   * core while it starts: at 128 MB the 8 ms that it takes would be 110 ms later.
   */
  warmUp(): Promise<void>
  /** Ends the worker processes. */
  close(): void
}

/** An instance around a loaded module. Store and processes are made when first needed. */
export function createInstance({ module, entryPath, openStore }: InstanceOptions): Instance {
  let invocations = 0
  let opening: Promise<Store> | null = null
  let processes: Processes | null = null

  const state = (): InstanceState => ({
    module,
    hasStore: openStore !== null,
    cold: invocations === 1,
    store: async () => await (opening ??= openStore === null ? noStore() : openStore()),
    processes: () => (processes ??= processesOf(entryPath)),
  })

  return {
    answer: async (payload, invocation) => {
      invocations++
      const request = parseEnvelope(payload)
      const folder = invocationFolder(invocation.requestId)
      try {
        if (request.kind === "prewarm") return await hold(request.holdMs, invocations === 1)
        if (request.kind === "part") return await runPart(request.part, { state: state(), invocation, folder })
        return await callPlainly(module, payload, { invocation, folder })
      } finally {
        removeFolder(folder)
      }
    },
    warmUp: async () => {
      // What is wrong with the store is told to the first invocation that needs it.
      if (openStore !== null)
        await state()
          .store()
          .catch(() => {})
    },
    close: () => processes?.close(),
  }
}

async function noStore(): Promise<never> {
  throw new TrimtabError("usage", `tasks or results have files, and the function has no store: set ${STORE_VARIABLE}`)
}

/** Any client may call a wrapped function: the payload goes to the handler, its result comes back, both as they are. */
async function callPlainly(
  module: UserModule,
  payload: unknown,
  { invocation, folder }: { invocation: Invocation; folder: string },
): Promise<string> {
  const { requestId: key, deadlineMs, lambdaContext } = invocation
  const { context, close } = openContext({ key, deadlineMs, closingMs: closingAt(deadlineMs), tmpDir: folder })
  try {
    // The descriptors, not the values: folder and signal are made when the handler asks for them.
    const both = Object.defineProperties({ ...lambdaContext }, Object.getOwnPropertyDescriptors(context))
    return JSON.stringify(await exportOf(module, "handler")(payload, both)) ?? "null"
  } finally {
    close()
  }
}

/** Keeps the instance busy, so that invocations that overlap this one land on others. */
async function hold(holdMs: number, cold: boolean): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, holdMs))
  const output: PrewarmOutput = { $trimtab: { v: ENVELOPE_VERSION, kind: "prewarm", cold } }
  return JSON.stringify(output)
}
