import { createHash } from "node:crypto"
import { appendFile, mkdir, readFile } from "node:fs/promises"
import { dirname } from "node:path"
import { canonicalJson, isObject } from "../../base/json.ts"
import {
  variantOf,
  type DeployOptions,
  type FunctionPackage,
  type FunctionVariant,
  type TeardownReport,
  type TeardownScope,
} from "../platform.ts"
import type { LambdaCalls } from "./lambda-client.ts"
import { FILE_BUCKET } from "./management/code.ts"

export interface DeployContext {
  readonly lambda: LambdaCalls
  /** Where each intent is noted before it is carried out (P4), one JSON line each. */
  readonly deploymentsFile: string
}

export interface Deployment {
  readonly pkg: FunctionPackage
  readonly memorySizesMB: readonly number[]
  readonly options: DeployOptions
}

/**
 * Deploys a package at some sizes: one version and one alias `<memoryMB>MB` per size. A variant is the hash of
 * code, memory and environment, kept as the version's description: what is there already is left alone (P3).
 */
export async function deployFunction(
  context: DeployContext,
  deployment: Deployment,
): Promise<readonly FunctionVariant[]> {
  const { pkg, memorySizesMB } = deployment
  await note(context, { action: "create", functionName: pkg.functionName })
  const present = await descriptions(context.lambda, pkg.functionName)
  const missing = memorySizesMB.filter((memoryMB) => present?.get(`${memoryMB}MB`) !== describe(deployment, memoryMB))
  if (present === null) await createFunction(context.lambda, deployment)
  else if (missing.length > 0) await updateCode(context.lambda, pkg)
  for (const memoryMB of missing) await publish(context.lambda, deployment, memoryMB)
  return memorySizesMB.map((memoryMB) => variantOf(pkg.functionName, memoryMB))
}

/** Deletes what was deployed from this state folder, as far as it is still there. */
export async function teardownFunctions(context: DeployContext, scope: TeardownScope): Promise<TeardownReport> {
  const { sdk, client } = context.lambda
  const noted = await deployed(context.deploymentsFile)
  const names = scope.kind === "all" ? noted : noted.filter((name) => name === scope.functionName)
  const removed: string[] = []
  for (const functionName of names) {
    const found = await client.send(new sdk.DeleteFunctionCommand({ FunctionName: functionName })).then(
      () => true,
      (error: unknown) => absent(error),
    )
    await note(context, { action: "delete", functionName })
    if (found) removed.push(functionName)
  }
  return { removed }
}

/** Description of the version behind each alias; null when there is no such function. */
async function descriptions({ sdk, client }: LambdaCalls, functionName: string): Promise<Map<string, string> | null> {
  try {
    const versions = new Map<string, string>()
    const pages = { client }
    for await (const page of sdk.paginateListVersionsByFunction(pages, { FunctionName: functionName }))
      for (const version of page.Versions ?? []) versions.set(version.Version ?? "", version.Description ?? "")
    const aliases = new Map<string, string>()
    for await (const page of sdk.paginateListAliases(pages, { FunctionName: functionName }))
      for (const alias of page.Aliases ?? [])
        aliases.set(alias.Name ?? "", versions.get(alias.FunctionVersion ?? "") ?? "")
    return aliases
  } catch (error) {
    absent(error)
    return null
  }
}

async function createFunction({ sdk, client }: LambdaCalls, { pkg, options }: Deployment): Promise<void> {
  await client.send(
    new sdk.CreateFunctionCommand({
      FunctionName: pkg.functionName,
      Runtime: "provided.al2023",
      Handler: "index.handler",
      Role: "arn:aws:iam::000000000000:role/local",
      Code: { S3Bucket: FILE_BUCKET, S3Key: pkg.directory },
      Timeout: timeoutS(options),
      Tags: { "trimtab:code": pkg.codeSha256 },
    }),
  )
}

async function updateCode({ sdk, client }: LambdaCalls, pkg: FunctionPackage): Promise<void> {
  const { functionName: FunctionName, directory } = pkg
  await client.send(new sdk.UpdateFunctionCodeCommand({ FunctionName, S3Bucket: FILE_BUCKET, S3Key: directory }))
}

async function publish({ sdk, client }: LambdaCalls, deployment: Deployment, memoryMB: number): Promise<void> {
  const { pkg, options } = deployment
  const FunctionName = pkg.functionName
  await client.send(
    new sdk.UpdateFunctionConfigurationCommand({
      FunctionName,
      MemorySize: memoryMB,
      Timeout: timeoutS(options),
      Environment: { Variables: environmentOf(deployment) },
      Description: describe(deployment, memoryMB),
    }),
  )
  const { Version } = await client.send(new sdk.PublishVersionCommand({ FunctionName }))
  const alias = { FunctionName, Name: `${memoryMB}MB`, FunctionVersion: Version }
  try {
    await client.send(new sdk.CreateAliasCommand(alias))
  } catch (error) {
    if (!isConflict(error)) throw error
    await moveAlias({ sdk, client }, alias)
  }
}

interface Alias {
  readonly FunctionName: string
  readonly Name: string
  readonly FunctionVersion: string | undefined
}

/** Points an alias to its new version; the old one goes if no other alias has it. */
async function moveAlias({ sdk, client }: Pick<LambdaCalls, "sdk" | "client">, alias: Alias): Promise<void> {
  const { FunctionName, Name, FunctionVersion } = alias
  const old = await client.send(new sdk.GetAliasCommand({ FunctionName, Name }))
  await client.send(new sdk.UpdateAliasCommand(alias))
  if (old.FunctionVersion === FunctionVersion || old.FunctionVersion === undefined) return
  try {
    await client.send(new sdk.DeleteFunctionCommand({ FunctionName, Qualifier: old.FunctionVersion }))
  } catch (error) {
    if (!isConflict(error)) absent(error)
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof Error && error.name === "ResourceConflictException"
}

function environmentOf({ pkg, options }: Deployment): Record<string, string> {
  return { ...options.environment, TRIMTAB_THREADS: pkg.threads }
}

/** Names the variant: equal text, equal behaviour. */
function describe(deployment: Deployment, memoryMB: number): string {
  const { pkg, options } = deployment
  const environment = canonicalJson({
    timeoutMs: options.timeoutMs,
    variables: environmentOf(deployment),
    directory: pkg.directory,
  })
  const hash = createHash("sha256").update(environment).digest("hex").slice(0, 16)
  return `trimtab ${pkg.codeSha256} ${memoryMB}MB ${hash}`
}

function timeoutS(options: DeployOptions): number {
  return Math.max(1, Math.ceil(options.timeoutMs / 1000))
}

/** False for "there is none"; anything else is thrown on. */
function absent(error: unknown): false {
  if (error instanceof Error && error.name === "ResourceNotFoundException") return false
  throw error
}

interface Note {
  readonly action: "create" | "delete"
  readonly functionName: string
}

async function note({ deploymentsFile }: DeployContext, entry: Note): Promise<void> {
  await mkdir(dirname(deploymentsFile), { recursive: true })
  await appendFile(deploymentsFile, `${JSON.stringify(entry)}\n`, { flush: true })
}

/** Functions whose last note says that they were to be created. A line cut by a crash says nothing. */
async function deployed(file: string): Promise<string[]> {
  const names = new Set<string>()
  for (const line of (await readFile(file, "utf8").catch(() => "")).split("\n")) {
    const entry = parse(line)
    if (!isObject(entry) || typeof entry["functionName"] !== "string") continue
    if (entry["action"] === "create") names.add(entry["functionName"])
    else names.delete(entry["functionName"])
  }
  return [...names]
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
