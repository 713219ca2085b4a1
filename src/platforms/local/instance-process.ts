import type { ChildProcess } from "node:child_process"
import { accessSync, constants, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { ProcessGroup } from "./enforcement/layer.ts"
import type { FunctionVersion } from "./function-table.ts"
import { startTicks } from "./proc.ts"

/** The process of one instance and the folder that is its own. */
export interface InstanceProcess {
  readonly child: ChildProcess
  /** Removes the work folder. */
  discard(): void
}

export interface InstanceProcessOptions {
  readonly version: FunctionVersion
  readonly group: ProcessGroup
  /** `host:port` of its Runtime API. */
  readonly runtimeApi: string
  /** Its own folder, to be made. */
  readonly workDirectory: string
}

/**
 * Starts the runtime of a function in its group, as leader of a process group. Throws when it cannot be started
 * (too many processes, a folder that is gone).
 */
export function startInstanceProcess(options: InstanceProcessOptions): InstanceProcess {
  const { version, group, workDirectory } = options
  if (!existsSync(version.directory)) throw new Error(`the code folder ${version.directory} is gone`)
  const temporary = join(workDirectory, "tmp")
  mkdirSync(temporary, { recursive: true })
  const child = group.start(runtimeCommand(version), {
    cwd: version.directory,
    env: { ...environmentOf(options, temporary), ...version.environment },
  })
  if (child.pid !== undefined) {
    // So that a later server finds the process if this one is killed; see sweep.ts.
    writeFileSync(join(workDirectory, "pid"), `${child.pid} ${startTicks(child.pid) ?? 0}`)
  }
  return { child, discard: () => rmSync(workDirectory, { recursive: true, force: true }) }
}

/** Share of the memory that V8 may fill with old objects: what Lambda's own Node runtime gives it. */
const HEAP_SHARE = 0.9

/**
 * An executable `bootstrap`, as in Lambda's custom runtimes, else `index.mjs` in Node. Node's heap limit follows
 * the function's memory, not the machine's, so that garbage is collected before the memory limit kills; buffers
 * are outside the heap, and the limit of the group holds them.
 */
function runtimeCommand(version: FunctionVersion): readonly string[] {
  const bootstrap = join(version.directory, "bootstrap")
  try {
    accessSync(bootstrap, constants.X_OK)
    return [bootstrap]
  } catch {
    const heapMB = Math.max(32, Math.floor(version.memoryMB * HEAP_SHARE))
    return [process.execPath, `--max-old-space-size=${heapMB}`, "index.mjs"]
  }
}

/** The documented variables of the Lambda environment, PATH, and a temp folder; nothing else of ours. */
function environmentOf(options: InstanceProcessOptions, temporary: string): Record<string, string> {
  const { version, runtimeApi } = options
  return {
    PATH: process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin",
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    TMPDIR: temporary,
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    AWS_LAMBDA_FUNCTION_NAME: version.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: version.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(version.memoryMB),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${version.functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: `[${version.version}]`,
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    LAMBDA_TASK_ROOT: version.directory,
    _HANDLER: version.handler,
  }
}
