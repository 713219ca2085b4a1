import { existsSync } from "node:fs"
import { mkdir, mkdtemp, rm, statfs, writeFile } from "node:fs/promises"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { messageOf, TrimtabError } from "../../base/errors.ts"
import { formatBytes } from "../../base/format.ts"
import { packageFunction } from "../../packaging/package-function.ts"
import { awsPrices } from "../../pricing/aws-lambda.ts"
import { openPlatform } from "../composition.ts"
import { loadProject, type Project } from "../config.ts"
import { EXIT } from "../exit-codes.ts"
import type { CommandContext } from "../main.ts"
import type { Terminal } from "../terminal.ts"

interface Finding {
  readonly check: string
  readonly level: "ok" | "warning" | "error"
  readonly message: string
  readonly fix: string | null
}

/** Less free disk than this is a warning: clips, packages and a journal need room. */
const LOW_DISK_BYTES = 1e9

/** `trimtab doctor`: checks this machine and project. Exit 4 when a permission is missing, 1 on another error. */
export async function doctor(context: CommandContext): Promise<number> {
  const { terminal } = context
  const folder = await mkdtemp(join(tmpdir(), "trimtab-doctor-"))
  try {
    const { project, finding } = await projectFinding(context, folder)
    const checks: [string, () => Promise<Omit<Finding, "check">>][] = [
      ["node", async () => ok(`${process.version}, ${availableParallelism()} cores`)],
      ["state folder", () => stateFinding(project)],
      ["packager", () => packagerFinding(folder)],
      ["local platform", () => platformFinding(project)],
      ["prices", async () => ok(`${awsPrices().name} of ${awsPrices().date}`)],
    ]
    const findings: Finding[] = [finding]
    for (const [check, run] of checks) {
      terminal.progress(`checking ${check}`)
      findings.push({ check, ...(await run().catch(errorFinding)) })
    }
    terminal.done()
    terminal.result({ schemaVersion: 1, findings }, () =>
      findings.map((found) => findingText(found, terminal)).join("\n"),
    )
    const errors = findings.filter((found) => found.level === "error")
    if (errors.some((found) => /permission|EACCES|EPERM/.test(found.message))) return EXIT.permission
    return errors.length > 0 ? EXIT.error : EXIT.ok
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function projectFinding(
  { cwd, configFile }: CommandContext,
  folder: string,
): Promise<{ project: Project; finding: Finding }> {
  // Without a project the machine is checked with a state folder that goes away again.
  const empty: Project = {
    root: folder,
    source: folder,
    workflow: { name: "none", functions: {}, steps: [] },
    input: null,
    stateDir: join(folder, "state"),
    platform: { kind: "local" },
  }
  try {
    const project = await loadProject({ file: configFile, cwd })
    const { workflow, source } = project
    const handlers = Object.values(workflow.functions).map((fn) => join(project.root, fn.handler))
    const missing = handlers.filter((handler) => !existsSync(handler))
    const message = `${source}: workflow ${workflow.name}, ${workflow.steps.length} steps`
    const finding =
      missing.length === 0
        ? ok(message)
        : failed(`${message}; missing ${missing.join(", ")}`, "write the handlers or correct their paths")
    return { project, finding: { check: "project", ...finding } }
  } catch (error) {
    const none = error instanceof TrimtabError && error.code === "usage" && configFile === undefined
    const finding = none ? warning("no project here", "run trimtab init in an empty folder") : errorFinding(error)
    return { project: empty, finding: { check: "project", ...finding } }
  }
}

async function stateFinding({ stateDir }: Project): Promise<Omit<Finding, "check">> {
  await mkdir(stateDir, { recursive: true })
  const probe = join(stateDir, `.doctor-${process.pid}`)
  await writeFile(probe, "")
  await rm(probe)
  const { bavail, bsize } = await statfs(stateDir)
  const message = `${stateDir} can be written, ${formatBytes(bavail * bsize)} free`
  return bavail * bsize < LOW_DISK_BYTES ? warning(message, "free some disk") : ok(message)
}

async function packagerFinding(folder: string): Promise<Omit<Finding, "check">> {
  const handlerPath = join(folder, "probe.ts")
  await writeFile(handlerPath, "export async function handler(task: unknown): Promise<unknown> { return task }\n")
  const pkg = await packageFunction({
    functionName: "probe",
    handlerPath,
    threads: "single",
    outDir: join(folder, "packages"),
  })
  return ok(`bundles TypeScript handlers (probe ${pkg.codeSha256.slice(0, 8)})`)
}

async function platformFinding(project: Project): Promise<Omit<Finding, "check">> {
  const platform = await openPlatform(project)
  try {
    const { enforcement, vcpuTotal, vcpuScale } = platform.info
    const message = `enforces by ${enforcement}, ${vcpuTotal.toFixed(2)} vCPU of ${vcpuScale.toFixed(2)} cores each`
    return enforcement === "none"
      ? warning(
          `${message}: sizes make no difference`,
          "run where control groups can be written, or where processes may be signalled",
        )
      : ok(message)
  } finally {
    await platform.close()
  }
}

const ok = (message: string): Omit<Finding, "check"> => ({ level: "ok", message, fix: null })
const warning = (message: string, fix: string): Omit<Finding, "check"> => ({ level: "warning", message, fix })
const failed = (message: string, fix: string | null): Omit<Finding, "check"> => ({ level: "error", message, fix })

function errorFinding(error: unknown): Omit<Finding, "check"> {
  return failed(messageOf(error), error instanceof TrimtabError ? (error.fix ?? null) : null)
}

const MARKS = { ok: "ok     ", warning: "warning", error: "error  " } as const

function findingText({ check, level, message, fix }: Finding, { color }: Terminal): string {
  const paint = { ok: 32, warning: 33, error: 31 }[level]
  const mark = color ? `\u001b[${paint}m${MARKS[level]}\u001b[0m` : MARKS[level]
  return `${mark}  ${check}: ${message}${fix === null ? "" : `\n         fix: ${fix}`}`
}
