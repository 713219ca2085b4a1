import { bootstrap } from "./bootstrap.ts"
import { RUNTIME_API_VARIABLE, STORE_VARIABLE, WORKER_VARIABLE } from "./environment.ts"
import { createInstance, type Instance } from "./instance.ts"
import { loadStore } from "./load-store.ts"
import { loadUserModule } from "./user-module.ts"
import { runWorker } from "./worker.ts"

/**
 * What a function instance runs, in one of three roles:
 * as the program of a custom runtime (the local platform, a container) it speaks the Runtime API;
 * forked by itself it is a worker process;
 * imported by the Node runtime of AWS it exports `handler`.
 */
const { env } = process
const entryUrl = import.meta.url
const entryPath = import.meta.filename
const storeUrl = env[STORE_VARIABLE]
const openStore = storeUrl === undefined ? null : async () => await loadStore(entryUrl, storeUrl)

/** The context of the Node runtime of AWS, as far as we use it. */
export interface ManagedContext {
  readonly awsRequestId: string
  readonly getRemainingTimeInMillis: () => number
}

let managed: Promise<Instance> | null = null

/** The handler for the Node runtime of AWS. */
export async function handler(event: unknown, context: ManagedContext): Promise<unknown> {
  const instance = await (managed ??= manage())
  const deadlineMs = Date.now() + context.getRemainingTimeInMillis()
  const lambdaContext = { ...context }
  const json = await instance.answer(event, { requestId: context.awsRequestId, deadlineMs, lambdaContext })
  return JSON.parse(json)
}

async function manage(): Promise<Instance> {
  return createInstance({ module: await loadUserModule(entryUrl), entryPath, openStore })
}

if (!import.meta.main) {
  managed = manage()
  // The first invocation tells.
  managed.catch(() => {})
} else if (env[WORKER_VARIABLE] === "1") {
  runWorker(async () => await loadUserModule(entryUrl))
} else {
  const address = env[RUNTIME_API_VARIABLE]
  if (address === undefined) {
    console.error(`this is a function: a platform starts it, with ${RUNTIME_API_VARIABLE} in its environment`)
    process.exit(2)
  }
  void bootstrap({ address, entryUrl, entryPath, openStore })
}
