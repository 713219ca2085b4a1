import { assertNever } from "../base/assert-never.ts"
import { azureArrivals } from "../simulation/arrivals/azure.ts"
import { bursty } from "../simulation/arrivals/bursty.ts"
import { poisson } from "../simulation/arrivals/poisson.ts"
import { traceArrivals } from "../simulation/arrivals/trace.ts"
import type { Load } from "../simulation/simulate.ts"
import type { LoadSpec } from "./load-spec.ts"

/** The load of a spec; `readText` reads the file of a trace. */
export async function loadOf(spec: LoadSpec, readText: (file: string) => Promise<string>): Promise<Load> {
  switch (spec.kind) {
    case "closed":
      return { kind: "closed", clients: spec.clients, thinkMs: 0 }
    case "poisson":
      return { kind: "open", arrivals: poisson(spec.perSecond) }
    case "bursty":
      return { kind: "open", arrivals: bursty({ perSecond: spec.perSecond }) }
    case "azure":
      return { kind: "open", arrivals: azureArrivals({ perSecond: spec.perSecond }) }
    case "trace":
      return { kind: "open", arrivals: traceArrivals(await readText(spec.file), { source: spec.file }) }
    default:
      return assertNever(spec)
  }
}
