import { isObject } from "../../../base/json.ts"
import type { FunctionBehaviour, Handled, HandlerCall } from "../function-behaviour.ts"
import { NOTHING_MOVED } from "../function-behaviour.ts"

/** The probe of the conformance suite (platforms/testing/probe.ts), as what it asks of an instance. */
export function probeFunction(): FunctionBehaviour {
  return {
    runtime: "nodejs",
    packageKind: "zip",
    packageMB: 0,
    initWorkMs: 0,
    failsInit: (environment) =>
      environment["PROBE_INIT"] === "throw" ? { errorType: "InitFailed", message: "told to fail" } : null,
    handle,
  }
}

function handle(call: HandlerCall): Handled {
  const event = isObject(call.payload) ? call.payload : {}
  const echo = { echo: call.payload, instance: call.instance, calls: call.calls }
  const idle: Handled = {
    computeMs: 0,
    coldExtraMs: 0,
    download: NOTHING_MOVED,
    upload: NOTHING_MOVED,
    peakMB: 40,
    peakProcessMB: 40,
    results: [],
    errors: [],
    payload: echo,
  }
  switch (event["do"]) {
    case "sleep":
      return { ...idle, computeMs: Number(event["ms"]) }
    case "burn":
      return { ...idle, computeMs: Number(event["cpuMs"]) / Math.min(1, call.vcpus) }
    case "allocate":
      return { ...idle, computeMs: 10, peakMB: 40 + Number(event["mb"]) }
    case "throw":
      return { ...idle, thrown: { errorType: String(event["name"]), message: String(event["message"]) } }
    case "big":
      return { ...idle, payload: "x".repeat(Number(event["bytes"])) }
    default:
      return idle
  }
}
