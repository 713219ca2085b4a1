import type { ProcessGroup } from "./enforcement/layer.ts"

/** New processes come at the head of an invocation; a fork takes longer than this to do its first work. */
const FIRST_POLL_MS = 5

/** Later on, and where no process needs a limit of its own: often enough to notice a kill. */
const SLOW_POLL_MS = 100

/** Looks after a group while it works: limits for new processes, and kills for memory that leave it alive. */
export class InstanceWatch {
  readonly #group: ProcessGroup
  readonly #capsProcesses: boolean
  readonly #checkMemory: () => void
  #timer: NodeJS.Timeout | undefined

  constructor(group: ProcessGroup, capsProcesses: boolean, checkMemory: () => void) {
    this.#group = group
    this.#capsProcesses = capsProcesses
    this.#checkMemory = checkMemory
  }

  begin(): void {
    this.#schedule(this.#capsProcesses ? FIRST_POLL_MS : SLOW_POLL_MS, 0)
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  #schedule(pauseMs: number, waitedMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      if (this.#capsProcesses) this.#group.capProcesses()
      this.#checkMemory()
      // Fast for 40 polls, then ever more slowly: 0.2 s of a run cost 1 % of a core, the rest nearly nothing.
      const next = waitedMs < 40 * FIRST_POLL_MS ? pauseMs : Math.min(SLOW_POLL_MS, pauseMs * 1.5)
      this.#schedule(next, waitedMs + pauseMs)
    }, pauseMs)
    this.#timer.unref()
  }
}
