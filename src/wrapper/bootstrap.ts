import { createInstance, type InstanceOptions } from "./instance.ts"
import { runtimeApi, type RuntimeApi } from "./runtime-api.ts"
import { loadUserModule } from "./user-module.ts"

/** What the entry knows of itself. */
export interface BootstrapOptions {
  /** `host:port` of the Runtime API. */
  readonly address: string
  /** URL of the wrapper's bundle: the user's module lies beside it. */
  readonly entryUrl: string
  readonly entryPath: string
  readonly openStore: InstanceOptions["openStore"]
}

/** The life of an instance: load the user's module, then answer invocations until the platform ends it. */
export async function bootstrap({ address, entryUrl, entryPath, openStore }: BootstrapOptions): Promise<never> {
  const api = runtimeApi(address)
  let phase: "init" | "idle" | { readonly requestId: string } = "init"
  // Thrown where nobody can catch it: the state of the module is unknown, so the instance tells why and ends.
  const onLost = async (error: unknown): Promise<never> => {
    console.error(error)
    try {
      await tellLost(api, phase, error)
    } finally {
      // Also when the platform is gone and there is nobody to tell.
      process.exit(1)
    }
  }
  process.on("uncaughtException", (error) => void onLost(error))
  process.on("unhandledRejection", (error) => void onLost(error))
  const instance = createInstance({ module: await loadUserModule(entryUrl), entryPath, openStore })
  await instance.warmUp()
  for (;;) {
    phase = "idle"
    const { body, ...invocation } = await api.next()
    phase = invocation
    let json: string
    try {
      json = await instance.answer(JSON.parse(body), invocation)
    } catch (error) {
      console.error(error)
      await api.fail(invocation.requestId, error)
      continue
    }
    phase = "idle"
    await api.respond(invocation.requestId, json)
  }
}

async function tellLost(
  api: RuntimeApi,
  phase: "init" | "idle" | { readonly requestId: string },
  error: unknown,
): Promise<void> {
  if (phase === "init") await api.failInit(error)
  else if (phase !== "idle") await api.fail(phase.requestId, error)
}
