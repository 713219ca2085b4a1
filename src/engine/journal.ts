/**
 * Where runs are durable. Rows are queued and committed in groups; a row is durable when the `Commit` that came with
 * it has resolved, and rows become durable in the order they were queued. Values are JSON texts: the journal
 * neither knows nor changes them.
 */
export interface Journal {
  readonly name: string
  /** Number of the ownership: grows with every opening. */
  readonly epoch: number
  /**
   * Invoke records that a step may be cut into: a crash repeats what a record stands for, so many records lose little and
   * few cost little. Fixed for the life of the file: keys of records follow from it.
   */
  readonly entriesPerStep: number
  /** False where no record is ever read back: then values need no text. */
  readonly keepsRecords: boolean
  accept(run: NewRun): Commit
  append(entry: Entry): Commit
  /** The run is over: its status and a short result. */
  finish(end: FinishedRun): Commit
  /** Reads see everything queued before them. Null when there is no such run. */
  run(runId: string): RunRow | null
  runOfRequest(requestKey: string): RunRow | null
  /** All runs, oldest first. */
  runs(): readonly RunRow[]
  /** The entries of a run in order, up to the first damaged one. */
  entries(runId: string): JournalRead
  /** Text of a workflow by its hash; null when it is missing or damaged. */
  definition(hash: string): string | null
  /** Resolves when everything queued so far is durable. */
  flush(): Promise<void>
  /** Flushes and gives the ownership back. */
  close(): Promise<void>
}

/**
 * A group of rows that become durable together. `durable` rejects with a TrimtabError `disk-full`, `io`,
 * `lease-lost` or `journal-corrupt`; then nothing of the group is in the journal, and nothing queued later will be.
 */
export interface Commit {
  readonly durable: Promise<void>
}

/** One settled record of a run. */
export interface Entry {
  readonly runId: string
  /** 0, 1, 2, ... inside the run, without gaps: the order the loop saw. */
  readonly seq: number
  readonly key: string
  /** `run-ref`: the value is a reference to the store, where the text itself is. */
  readonly kind: "run" | "run-ref" | "sleep"
  /** ms since 1970. */
  readonly atMs: number
  readonly value: string
}

export interface NewRun {
  readonly runId: string
  readonly requestKey: string | null
  readonly workflowHash: string
  /** The workflow's text, stored once per hash. */
  readonly workflow: string
  readonly workflowName: string
  /** JSON; where `inputKind` says so a reference to the store, or the run that this one redrives. */
  readonly input: string
  readonly inputKind: "inline" | "ref" | "redrive"
  readonly goal: string
  /** JSON object: function -> hash of the code that the run began with. */
  readonly codeHashes: string
  readonly acceptedAtMs: number
}

export interface FinishedRun {
  readonly runId: string
  readonly status: string
  readonly finishedAtMs: number
  readonly result: string
}

export interface RunRow extends Omit<NewRun, "workflow"> {
  readonly engineFormat: number
  /** `running` until it is finished. */
  readonly status: string
  readonly finishedAtMs: number | null
  readonly result: string | null
  /** The row itself does not match its checksum. */
  readonly damaged: boolean
}

export interface JournalRead {
  readonly entries: readonly Entry[]
  /** Where the entries stop making sense, if they do. */
  readonly damage: { readonly seq: number; readonly message: string } | null
}

/** Points of a commit at which a test may kill the process, with the count of rows committed before it. */
export type CommitPhase = "before-write" | "after-write" | "after-commit" | "after-ack"
