import { subscribe } from "node:diagnostics_channel"
import type { Socket } from "node:net"
import { PerformanceObserver } from "node:perf_hooks"
import { setImmediate } from "node:timers/promises"
import { getHeapStatistics } from "node:v8"
import type { OperationReport } from "../protocol/operation-report.ts"
import type { WrapperReport } from "../protocol/wrapper-report.ts"
import { type Usage, usageOfTree } from "./process-usage.ts"

/**
 * The portable counters of an instance (ConfigNavigator, Table 2), read by itself. A file of its own beside the
 * wrapper's: only an invocation that asks for them pays for loading it.
 */

/** Sockets that this process opened since the module was loaded: a kept connection serves many invocations. */
const sockets = new Set<Socket>()
const closed = { sent: 0, received: 0 }

subscribe("net.client.socket", (message) => {
  // What the documentation of the channel says it publishes.
  const { socket } = message as { socket: Socket }
  sockets.add(socket)
  socket.once("close", () => {
    sockets.delete(socket)
    closed.sent += socket.bytesWritten
    closed.received += socket.bytesRead
  })
})

/** Starts to count; the function it returns ends that. Transfers to the store are added from the wrapper's report. */
export function startCounting(): (report: WrapperReport) => Promise<OperationReport> {
  let collections = 0
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length
  })
  observer.observe({ entryTypes: ["gc"] })
  const traffic = socketBytes()
  const before = usageOfTree()
  const startedMs = performance.now()
  return async ({ uploadBytes, downloadBytes }) => {
    const wallMs = performance.now() - startedMs
    const after = usageOfTree()
    const { used_heap_size, external_memory } = getHeapStatistics()
    const { sent, received } = socketBytes()
    // Collections are told one turn of the event loop later.
    await setImmediate()
    observer.disconnect()
    return {
      wallMs: micro(wallMs),
      ...usedBetween(before, after),
      memorySnapshots: collections,
      heapBytes: used_heap_size + external_memory,
      bytesSent: sent - traffic.sent + uploadBytes,
      bytesReceived: received - traffic.received + downloadBytes,
    }
  }
}

type Used = Pick<
  OperationReport,
  "userMs" | "systemMs" | "contextSwitches" | "peakMemoryBytes" | "stackBytes" | "ioReadBytes" | "ioWriteBytes"
>

/** Never below 0: a process may end in between, and take its counters with it. */
function usedBetween(before: Usage, after: Usage): Used {
  const rise = (of: (usage: Usage) => number | undefined): number => Math.max(0, (of(after) ?? 0) - (of(before) ?? 0))
  return {
    userMs: micro(rise((usage) => usage.userMs)),
    systemMs: micro(rise((usage) => usage.systemMs)),
    contextSwitches: rise((usage) => usage.contextSwitches),
    peakMemoryBytes: after.peakBytes,
    ...(after.stackBytes !== undefined && { stackBytes: after.stackBytes }),
    ...(after.readBytes !== undefined && { ioReadBytes: rise((usage) => usage.readBytes) }),
    ...(after.writtenBytes !== undefined && { ioWriteBytes: rise((usage) => usage.writtenBytes) }),
  }
}

function socketBytes(): { readonly sent: number; readonly received: number } {
  let { sent, received } = closed
  for (const socket of sockets) {
    sent += socket.bytesWritten
    received += socket.bytesRead
  }
  return { sent, received }
}

function micro(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
