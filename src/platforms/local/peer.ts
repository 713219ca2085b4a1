import { readFileSync } from "node:fs"
import type { Server } from "node:http"
import type { Socket } from "node:net"

/**
 * Whoever may call the platform may run code as its user. It listens on the loopback address alone, so what is left
 * to keep out are other users of this machine, and pages in this user's browser.
 */

/** Ends connections of other users. Root may do what it likes anyway. */
export function acceptOwnUser(server: Server): void {
  server.on("connection", (socket) => {
    const uid = peerUid(socket)
    if (uid !== null && uid !== 0 && uid !== process.getuid?.()) socket.destroy()
  })
}

/** The user of the other end of a loopback connection; null where the kernel does not tell. */
function peerUid(socket: Socket): number | null {
  if (socket.remotePort === undefined || socket.localPort === undefined) return null
  try {
    return uidIn(readFileSync("/proc/self/net/tcp", "latin1"), socket.remotePort, socket.localPort)
  } catch {
    return null
  }
}

/** The user in the line of /proc/net/tcp whose local port is `local` and whose remote port is `remote`. */
export function uidIn(table: string, local: number, remote: number): number | null {
  const hex = (port: number): string => `:${port.toString(16).toUpperCase().padStart(4, "0")}`
  for (const line of table.split("\n")) {
    const fields = line.trim().split(/\s+/)
    if (fields[1]?.endsWith(hex(local)) && fields[2]?.endsWith(hex(remote))) return Number(fields[7])
  }
  return null
}

/**
 * True for a request that a page in a browser may have sent: pages send an Origin, or come by a name of their own that
 * leads here. No SDK does either.
 */
export function isFromBrowser(headers: {
  readonly origin?: string | undefined
  readonly host?: string | undefined
}): boolean {
  if (headers.origin !== undefined) return true
  return !/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(headers.host ?? "localhost")
}
