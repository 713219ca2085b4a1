/** Who executes runs: this process over a journal of the project, or workers of a Restate server. */
export const ENGINES = ["embedded", "restate"] as const

/** The flags that choose the engine, and where its server is. */
export interface EngineFlags {
  readonly engine?: (typeof ENGINES)[number]
  readonly ingress?: string
  readonly admin?: string
}
