import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { parse as parseYaml } from "yaml"
import { z } from "zod"
import { messageOf, TrimtabError } from "../base/errors.ts"
import { dropUndefined, isObject } from "../base/json.ts"
import { parseWorkflow, parseWorkflowText } from "../workflow/parse.ts"
import type { PlatformConfig } from "../workflow/project-config.ts"
import type { Workflow } from "../workflow/workflow.ts"

/** A config with its workflow loaded and its paths absolute. */
export interface Project {
  /** Folder that relative paths start from: the config's, or the spec's. */
  readonly root: string
  /** The file that was read, for messages. */
  readonly source: string
  readonly workflow: Workflow
  readonly input: unknown
  readonly stateDir: string
  readonly platform: PlatformConfig
}

export const CONFIG_NAMES: readonly string[] = ["ts", "mts", "js", "mjs", "json", "yaml", "yml"].map(
  (extension) => `trimtab.config.${extension}`,
)

const configSchema = z.strictObject({
  workflow: z.union([z.string().min(1), z.looseObject({ name: z.string() })]),
  input: z.unknown().optional(),
  stateDir: z.string().min(1).optional(),
  platform: z
    .strictObject({
      kind: z.literal("local"),
      vcpuScale: z.number().gt(0).max(16).optional(),
      port: z.int().min(0).max(65_535).optional(),
      enforcement: z.string().optional(),
    })
    .optional(),
})

/**
 * Loads the project: a named file (config or bare spec), else the first config found upward from `cwd`.
 * A TypeScript or JavaScript config is code, so it is loaded only from what the user named or from the user's own folders.
 * @throws TrimtabError `usage` when there is none, `invalid-workflow` when it is wrong
 */
export async function loadProject(options: {
  readonly file?: string | undefined
  readonly cwd: string
}): Promise<Project> {
  const source = options.file === undefined ? findConfig(options.cwd) : resolve(options.cwd, options.file)
  if (source === null)
    throw new TrimtabError(
      "usage",
      `no ${CONFIG_NAMES[0]} here or above ${options.cwd}; run \`trimtab init\`, or name a workflow file`,
      {
        fix: "run trimtab init",
      },
    )
  if (!existsSync(source))
    throw new TrimtabError("usage", `${source} does not exist; name a workflow or config file`, { where: source })
  const value = await readValue(source)
  return projectFrom(value, source)
}

/** The nearest config at `folder` or above it. */
function findConfig(folder: string): string | null {
  for (let at = resolve(folder); ; at = dirname(at)) {
    for (const name of CONFIG_NAMES) if (existsSync(join(at, name))) return join(at, name)
    if (dirname(at) === at) return null
  }
}

async function readValue(file: string): Promise<unknown> {
  if (/\.m?[jt]s$/.test(file)) return importDefault(file)
  const text = await readText(file)
  if (!/(^|[/\\])trimtab\.config\./.test(file)) return parseWorkflowText(text, file)
  try {
    return parseYaml(text, { logLevel: "error" }) as unknown
  } catch (error) {
    throw new TrimtabError("invalid-workflow", `${file}: ${messageOf(error).split("\n")[0]}`, {
      where: file,
      cause: error,
    })
  }
}

async function importDefault(file: string): Promise<unknown> {
  try {
    const module: unknown = await import(pathToFileURL(file).href)
    return (module as { default?: unknown }).default // a module namespace is an object
  } catch (error) {
    if (error instanceof TrimtabError) throw error
    throw new TrimtabError("invalid-workflow", `${file} could not be loaded: ${messageOf(error).split("\n")[0]}`, {
      where: file,
      cause: error,
    })
  }
}

async function projectFrom(value: unknown, source: string): Promise<Project> {
  const root = dirname(source)
  if (isWorkflow(value)) return project({}, value, source)
  const parsed = configSchema.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw new TrimtabError("invalid-workflow", `${source}: ${issue.path.join(".")}: ${issue.message}`, {
      where: source,
    })
  }
  const config = parsed.data
  if (typeof config.workflow !== "string") {
    const workflow: unknown = config.workflow
    return project(config, isWorkflow(workflow) ? workflow : parseWorkflow(workflow, source), source)
  }
  const file = resolve(root, config.workflow)
  const loaded = await readValue(file)
  return project(config, isWorkflow(loaded) ? loaded : parseWorkflow(loaded, file), source, dirname(file))
}

function project(
  config: Omit<z.output<typeof configSchema>, "workflow">,
  workflow: Workflow,
  source: string,
  handlers?: string,
): Project {
  const root = dirname(source)
  const platform = config.platform ?? { kind: "local" as const }
  return {
    root: handlers ?? root,
    source,
    workflow,
    input: config.input ?? null,
    stateDir: resolve(root, config.stateDir ?? ".trimtab"),
    platform: dropUndefined(platform),
  }
}

/** A value of `defineWorkflow` has its steps as a list; a spec has them by name. */
function isWorkflow(value: unknown): value is Workflow {
  return isObject(value) && Array.isArray(value["steps"]) && isObject(value["functions"])
}

/** A text file, or one clear message. */
async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8")
  } catch (error) {
    throw new TrimtabError("usage", `${file} cannot be read: ${messageOf(error)}`, { where: file, cause: error })
  }
}
