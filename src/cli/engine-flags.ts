import { Option } from "commander"

/** Who executes runs: this process over a journal of the project, or workers of a Restate server. */
const ENGINES = ["embedded", "restate"] as const

/** The flags that choose the engine, and where its server is. */
export interface EngineFlags {
  readonly engine?: (typeof ENGINES)[number]
  readonly ingress?: string
  readonly admin?: string
}

/** The options behind these flags. */
export function engineOptions(): { readonly engine: Option; readonly ingress: Option; readonly admin: Option } {
  return {
    engine: new Option("--engine <name>", "who executes runs (default: embedded)").choices(ENGINES),
    ingress: new Option("--ingress <url>", "where Restate takes runs (default: http://127.0.0.1:8080)"),
    admin: new Option("--admin <url>", "where Restate is administered (default: http://127.0.0.1:9070)"),
  }
}
