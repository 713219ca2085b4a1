import type { ServerResponse } from "node:http"

/**
 * Who still needs the server. A client holds one open request for as long as it lives; the kernel closes it
 * however the client ends. Any other request counts at its instant, for clients that know nothing of this.
 */
export class Presence {
  readonly abandoned: Promise<void>
  readonly #idleExitMs: number
  readonly #isBusy: () => boolean
  readonly #held = new Set<ServerResponse>()
  #timer: NodeJS.Timeout | undefined
  #abandon: () => void = () => {}

  constructor(idleExitMs: number, isBusy: () => boolean) {
    this.#idleExitMs = idleExitMs
    this.#isBusy = isBusy
    this.abandoned = new Promise((resolve) => {
      this.#abandon = resolve
    })
    this.seen()
  }

  get count(): number {
    return this.#held.size
  }

  /** A request came: the idle time begins anew. */
  seen(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      if (this.#held.size > 0) return
      if (this.#isBusy()) this.seen()
      else this.#abandon()
    }, this.#idleExitMs)
    this.#timer.unref()
  }

  /** Keeps the response open until its client leaves. */
  hold(response: ServerResponse): void {
    this.#held.add(response)
    response.writeHead(200, { "content-type": "text/plain" })
    response.flushHeaders()
    response.once("close", () => {
      this.#held.delete(response)
      this.seen()
    })
  }

  /** Ends the server now. */
  abandon(): void {
    this.#abandon()
  }

  close(): void {
    clearTimeout(this.#timer)
    for (const response of this.#held) response.destroy()
  }
}
