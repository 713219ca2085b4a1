import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as sdk from "@aws-sdk/client-lambda"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { probePackage } from "../testing/probe.ts"
import { deployFunction, teardownFunctions, type Deployment } from "./deploy.ts"
import { FunctionTable } from "./function-table.ts"
import { manageFunctions, type ManagementContext } from "./management-api.ts"

/** Name of the SDK command to the route it takes. */
const ROUTES: Readonly<Record<string, readonly [method: string, part: string]>> = {
  CreateFunctionCommand: ["POST", ""],
  DeleteFunctionCommand: ["DELETE", ""],
  UpdateFunctionCodeCommand: ["PUT", "code"],
  UpdateFunctionConfigurationCommand: ["PUT", "configuration"],
  PublishVersionCommand: ["POST", "versions"],
  ListVersionsByFunctionCommand: ["GET", "versions"],
  CreateAliasCommand: ["POST", "aliases"],
  UpdateAliasCommand: ["PUT", "aliases"],
  GetAliasCommand: ["GET", "aliases"],
  ListAliasesCommand: ["GET", "aliases"],
}

describe("deploying", () => {
  let directory: string
  let table: FunctionTable
  let sent: string[]
  let diesAt: number

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "trimtab-deploy-"))
    table = new FunctionTable(join(directory, "functions.json"))
    sent = []
    diesAt = Infinity
  })
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true })
  })

  /** The management API behind a client without a network; it fails at the `diesAt`-th call and ever after. */
  class FakeClient extends sdk.LambdaClient {
    override send = (async (command: { constructor: { name: string }; input: Record<string, unknown> }) => {
      const name = command.constructor.name
      if (sent.length >= diesAt) throw new Error("killed")
      sent.push(name)
      const [method, part] = ROUTES[name] ?? ["GET", "nothing"]
      const { input } = command
      const functionName = String(input["FunctionName"])
      const tail = /^(Get|Update)AliasCommand$/.test(name) ? [String(input["Name"])] : []
      const path = name === "CreateFunctionCommand" ? [""] : [functionName, ...(part === "" ? [] : [part]), ...tail]
      const query = new URLSearchParams(typeof input["Qualifier"] === "string" ? { Qualifier: input["Qualifier"] } : {})
      const context: ManagementContext = { table, concurrency: 10, retire: () => {}, end: async () => {} }
      const answer = await manageFunctions(context, { method, path, query, body: input })
      if (answer === null) throw new Error(`no route for ${name}`)
      if ("error" in answer) throw Object.assign(new Error(answer.error.message), { name: answer.error.type })
      return answer.body
      // The SDK's own `send` has an overload per command.
    }) as unknown as sdk.LambdaClient["send"]
  }

  const context = (): Parameters<typeof deployFunction>[0] => ({
    lambda: { sdk, client: new FakeClient({ region: "local" }), close: () => {} },
    deploymentsFile: join(directory, "deployments.ndjson"),
  })

  const deployment: Deployment = {
    pkg: probePackage("probe"),
    memorySizesMB: [128, 512],
    options: { timeoutMs: 3000, environment: { A: "1" } },
  }

  it("makes a version and an alias per size", async () => {
    const variants = await deployFunction(context(), deployment)
    expect(variants.map(({ qualifier }) => qualifier)).toEqual(["128MB", "512MB"])
    expect(table.resolve("probe", "128MB")?.memoryMB).toBe(128)
    expect(table.resolve("probe", "512MB")).toMatchObject({ memoryMB: 512, timeoutMs: 3000, environment: { A: "1" } })
  })

  it("changes nothing the second time, and only what is missing the third", async () => {
    await deployFunction(context(), deployment)
    sent = []
    await deployFunction(context(), deployment)
    expect(sent).toEqual(["ListVersionsByFunctionCommand", "ListAliasesCommand"])
    const before = table.resolve("probe", "128MB")
    await deployFunction(context(), { ...deployment, memorySizesMB: [128, 512, 1024] })
    expect(table.resolve("probe", "128MB")).toEqual(before)
    expect(table.resolve("probe", "1024MB")?.memoryMB).toBe(1024)
  })

  it("moves the aliases when the environment changes", async () => {
    await deployFunction(context(), deployment)
    const options = { ...deployment.options, environment: { A: "2" } }
    await deployFunction(context(), { ...deployment, options })
    expect(table.resolve("probe", "512MB")?.environment["A"]).toBe("2")
    expect(table.get("probe")?.versions.map(({ version }) => version)).toEqual(["3", "4"])
  })

  it("after a kill at any call, teardown removes what was made and nothing else", async () => {
    await deployFunction(context(), deployment)
    const calls = sent.length
    await teardownFunctions(context(), { kind: "all" })
    const foreign = { ...deployment, pkg: probePackage("foreign") }
    const elsewhere = { ...context(), deploymentsFile: join(directory, "elsewhere.ndjson") }
    await deployFunction(elsewhere, foreign)
    for (let at = 0; at <= calls; at++) {
      sent = []
      diesAt = at
      await deployFunction(context(), deployment).catch(() => {})
      diesAt = Infinity
      await teardownFunctions(context(), { kind: "all" })
      expect(table.list().map(({ name }) => name)).toEqual(["foreign"])
    }
  })

  it("notes its intent before the first call", async () => {
    diesAt = 0
    await deployFunction(context(), deployment).catch(() => {})
    expect(await readFile(join(directory, "deployments.ndjson"), "utf8")).toContain('"create","functionName":"probe"')
  })
})
