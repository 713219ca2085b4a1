import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  GetAccountSettingsCommand,
  GetAliasCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListAliasesCommand,
  ListFunctionsCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  type InvokeCommandInput,
  type InvokeCommandOutput,
} from "@aws-sdk/client-lambda"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { parseLog, parseLogLine } from "../../protocol/platform-report.ts"
import { parseReportLine } from "../../protocol/report-line.ts"
import { probePackage, type ProbeEvent } from "../testing/probe.ts"
import { DEFAULT_SERVER_OPTIONS } from "./options.ts"
import { LocalServer } from "./server.ts"
import { statePaths } from "./server-info.ts"

/** The AWS SDK is the client that we did not write: what it accepts and understands is the contract. */
describe("the Lambda API, driven by the AWS SDK", () => {
  let stateDir: string
  let server: LocalServer
  let client: LambdaClient

  beforeAll(async () => {
    stateDir = await mkdtemp(join(tmpdir(), "trimtab-api-"))
    server = await LocalServer.start({
      ...DEFAULT_SERVER_OPTIONS,
      stateDir,
      concurrency: 4,
      admission: "off",
      initTimeoutMs: 1500,
      eventRetryMs: [50, 50],
    })
    client = new LambdaClient({
      endpoint: `http://127.0.0.1:${server.info.port}`,
      region: "eu-west-1",
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
      maxAttempts: 1,
    })
    await create("probe", {})
    await client.send(
      new UpdateFunctionConfigurationCommand({ FunctionName: "probe", MemorySize: 1024, Description: "big" }),
    )
    await client.send(new PublishVersionCommand({ FunctionName: "probe" }))
    await client.send(new CreateAliasCommand({ FunctionName: "probe", Name: "1024MB", FunctionVersion: "1" }))
  })

  afterAll(async () => {
    client.destroy()
    await server.close()
    await rm(stateDir, { recursive: true, force: true })
  })

  async function create(name: string, variables: Record<string, string>, timeoutS = 10): Promise<void> {
    await client.send(
      new CreateFunctionCommand({
        FunctionName: name,
        Runtime: "provided.al2023",
        Handler: "index.handler",
        Role: "arn:aws:iam::000000000000:role/test",
        Code: { S3Bucket: "file", S3Key: probePackage(name).directory },
        MemorySize: 512,
        Timeout: timeoutS,
        Environment: { Variables: variables },
      }),
    )
    await waitUntilFunctionActiveV2({ client, maxWaitTime: 10 }, { FunctionName: name })
  }

  const invoke = (input: Partial<InvokeCommandInput> & { event?: ProbeEvent }): Promise<InvokeCommandOutput> => {
    const { event = { do: "nothing" }, ...rest } = input
    return client.send(new InvokeCommand({ FunctionName: "probe", Payload: JSON.stringify(event), ...rest }))
  }

  const json = (answer: InvokeCommandOutput): Record<string, unknown> =>
    JSON.parse(Buffer.from(answer.Payload ?? []).toString("utf8")) as Record<string, unknown>

  test("a qualifier, name:alias, a version and an ARN name the same version", async () => {
    const arn = "arn:aws:lambda:eu-west-1:123456789012:function:probe:1024MB"
    const answers = [
      await invoke({ Qualifier: "1024MB" }),
      await invoke({ FunctionName: "probe:1024MB" }),
      await invoke({ FunctionName: "probe", Qualifier: "1" }),
      await invoke({ FunctionName: arn }),
      await invoke({ FunctionName: arn, Qualifier: "1024MB" }),
    ]
    expect(answers.map((answer) => answer.ExecutedVersion)).toEqual(["1", "1", "1", "1", "1"])
    expect(new Set(answers.map((answer) => json(answer)["instance"])).size).toBe(1)
    expect((await invoke({ FunctionName: "probe:$LATEST" })).ExecutedVersion).toBe("$LATEST")
    expect((await invoke({})).ExecutedVersion).toBe("$LATEST")
  })

  test("two different qualifiers are an invalid parameter", async () => {
    const call = invoke({ FunctionName: "probe:1024MB", Qualifier: "2048MB" })
    await expect(call).rejects.toMatchObject({ name: "InvalidParameterValueException" })
  })

  test("what is not there is ResourceNotFoundException", async () => {
    for (const input of [{ FunctionName: "nobody" }, { Qualifier: "64MB" }, { FunctionName: "probe:7" }])
      await expect(invoke(input)).rejects.toMatchObject({ name: "ResourceNotFoundException" })
    const call = client.send(new GetFunctionCommand({ FunctionName: "nobody" }))
    await expect(call).rejects.toMatchObject({ name: "ResourceNotFoundException" })
  })

  test("LogType Tail has the handler's output and both report lines", async () => {
    const answer = await invoke({ LogType: "Tail", event: { do: "print", text: "hello from inside" } })
    const tail = Buffer.from(answer.LogResult ?? "", "base64").toString("utf8")
    const lines = tail.trimEnd().split("\n")
    const requestId = answer.$metadata.requestId
    expect(lines[0]).toBe(`START RequestId: ${requestId} Version: $LATEST`)
    expect(lines).toContain("hello from inside")
    expect(lines).toContain(`END RequestId: ${requestId}`)
    const report = parseReportLine(lines.at(-2) ?? "")
    expect(report).toMatchObject({ requestId, memoryMB: 1024 })
    expect(parseLog(tail)).toHaveLength(1)
    expect(parseLog(tail)[0]?.details?.enforced).toBe(server.info.enforcement)
    expect((await invoke({})).LogResult).toBeUndefined()
  })

  test("the tail is the last 4,096 bytes", async () => {
    const answer = await invoke({ LogType: "Tail", event: { do: "print", text: "x".repeat(10_000) } })
    expect(Buffer.from(answer.LogResult ?? "", "base64").byteLength).toBe(4096)
    expect(parseLog(Buffer.from(answer.LogResult ?? "", "base64").toString("utf8"))).toHaveLength(1)
  })

  test("a handler's error is a FunctionError in an answer of 200", async () => {
    const answer = await invoke({ event: { do: "throw", name: "CodecError", message: "no key frame" } })
    expect(answer).toMatchObject({ StatusCode: 200, FunctionError: "Unhandled" })
    expect(json(answer)).toMatchObject({ errorType: "CodecError", errorMessage: "no key frame" })
  })

  test("a runtime that exits is Runtime.ExitError", async () => {
    const answer = await invoke({ event: { do: "exit", code: 3 }, LogType: "Tail" })
    expect(answer.FunctionError).toBe("Unhandled")
    expect(json(answer)).toMatchObject({ errorType: "Runtime.ExitError" })
    expect(String(json(answer)["errorMessage"])).toContain("exit status 3")
  })

  test("a child killed for memory is out-of-memory although its parent lives", async () => {
    const answer = await invoke({ FunctionName: "probe", event: { do: "allocate-in-child", mb: 1500 } })
    expect(json(answer)).toMatchObject({ errorType: "Runtime.OutOfMemory" })
  })

  test("an initialisation that takes too long is repeated within the function's timeout", async () => {
    await create("late", { PROBE_INIT: "sleep", PROBE_INIT_MS: "2500" }, 10)
    const answer = await invoke({ FunctionName: "late", LogType: "Tail" })
    expect(answer.FunctionError).toBeUndefined()
    const report = parseLog(Buffer.from(answer.LogResult ?? "", "base64").toString("utf8"))[0]
    expect(report?.initMs).toBeGreaterThanOrEqual(2500)
  })

  test("a call beyond the concurrency is a 429 with its reason", async () => {
    const calls = Array.from({ length: 6 }, () => invoke({ event: { do: "sleep", ms: 800 } }))
    const refused = (await Promise.allSettled(calls)).filter((call) => call.status === "rejected")
    expect(refused).toHaveLength(2)
    expect(refused[0]?.reason).toMatchObject({
      name: "TooManyRequestsException",
      Reason: "ConcurrentInvocationLimitExceeded",
      retryAfterSeconds: "1",
      $metadata: { httpStatusCode: 429 },
    })
  })

  test("6 MB pass, one byte more does not", async () => {
    const limit = 6 * 1024 * 1024
    const payload = (bytes: number): string => JSON.stringify("x".repeat(bytes - 2))
    // The echo is longer than the event: taken, but too large an answer.
    const answer = await client.send(new InvokeCommand({ FunctionName: "probe", Payload: payload(limit) }))
    expect(json(answer)).toMatchObject({ errorType: "Function.ResponseSizeTooLarge" })
    const over = client.send(new InvokeCommand({ FunctionName: "probe", Payload: payload(limit + 1) }))
    await expect(over).rejects.toMatchObject({ name: "RequestTooLargeException", $metadata: { httpStatusCode: 413 } })
  })

  test("a body that is not JSON is refused, none at all is an empty event", async () => {
    const call = client.send(new InvokeCommand({ FunctionName: "probe", Payload: "{" }))
    await expect(call).rejects.toMatchObject({ name: "InvalidRequestContentException" })
    expect(json(await client.send(new InvokeCommand({ FunctionName: "probe" })))).toMatchObject({ echo: {} })
  })

  test("an asynchronous call is accepted at once and tried three times", async () => {
    const answer = await invoke({ InvocationType: "Event", event: { do: "throw", name: "E", message: "async" } })
    expect(answer.StatusCode).toBe(202)
    const log = join(statePaths(stateDir).logs, "probe.log")
    // Every try has the request id of the call: the lines are counted, not the requests.
    const tries = async (): Promise<number> =>
      (await readFile(log, "utf8")).split("\n").filter((line) => parseLogLine(line)?.details && line.includes('"E"'))
        .length
    await expect.poll(tries, { timeout: 10_000 }).toBe(3)
  })

  test("a dry run looks and runs nothing", async () => {
    expect((await invoke({ InvocationType: "DryRun" })).StatusCode).toBe(204)
    const call = invoke({ FunctionName: "nobody", InvocationType: "DryRun" })
    await expect(call).rejects.toMatchObject({ name: "ResourceNotFoundException" })
  })

  test("the client context reaches the function, and has a limit", async () => {
    const ClientContext = Buffer.from(JSON.stringify({ custom: { a: "\u00fc\n" } })).toString("base64")
    const answer = json(await invoke({ ClientContext, event: { do: "environment" } }))
    expect(answer["context"]).toMatchObject({ clientContext: '{"custom":{"a":"\\u00fc\\n"}}' })
    for (const bad of ["A".repeat(3584), "!!!"])
      await expect(invoke({ ClientContext: bad })).rejects.toMatchObject({ name: "InvalidParameterValueException" })
  })

  test("a function sees the documented environment and nothing of the server's", async () => {
    process.env["TRIMTAB_TEST_SECRET"] = "canary"
    await create("environment", { MINE: "yes" })
    const answer = json(await invoke({ FunctionName: "environment", event: { do: "environment" } }))
    const environment = answer["environment"] as Record<string, string>
    expect(environment).toMatchObject({
      MINE: "yes",
      AWS_LAMBDA_FUNCTION_NAME: "environment",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "512",
      LAMBDA_TASK_ROOT: probePackage("x").directory,
    })
    expect(JSON.stringify(answer)).not.toContain("canary")
    expect(answer["cwd"]).toBe(probePackage("x").directory)
    delete process.env["TRIMTAB_TEST_SECRET"]
  })

  test("a page in a browser gets no answer, and nonsense no crash", async () => {
    const url = `http://127.0.0.1:${server.info.port}/2015-03-31/functions`
    expect((await fetch(url, { headers: { origin: "https://example.com" } })).status).toBe(403)
    expect((await fetch(`${url}/%E0%A4%A/aliases`)).status).toBe(404)
    expect((await fetch(`${url}/probe/configuration`, { method: "PUT", body: "[]" })).status).toBe(400)
    expect((await fetch(`http://127.0.0.1:${server.info.port}/nothing`)).status).toBe(404)
    expect((await fetch(url)).status).toBe(200)
  })

  test("code whose folder is gone says so", async () => {
    const folder = await mkdtemp(join(tmpdir(), "trimtab-code-"))
    const Code = { S3Bucket: "file", S3Key: folder }
    await client.send(new CreateFunctionCommand({ FunctionName: "gone", Role: "r", Code }))
    await rm(folder, { recursive: true })
    expect(json(await invoke({ FunctionName: "gone" }))["errorMessage"]).toContain(`the code folder ${folder} is gone`)
  })

  test("versions and aliases behave as deploy code expects", async () => {
    await create("managed", {})
    const FunctionName = "managed"
    const first = await client.send(new PublishVersionCommand({ FunctionName }))
    const again = await client.send(new PublishVersionCommand({ FunctionName }))
    expect([first.Version, again.Version]).toEqual(["1", "1"])
    const stale = new UpdateFunctionConfigurationCommand({ FunctionName, MemorySize: 256, RevisionId: "old" })
    await expect(client.send(stale)).rejects.toMatchObject({ name: "PreconditionFailedException" })
    const updated = await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, MemorySize: 256 }))
    expect(updated).toMatchObject({ MemorySize: 256, LastUpdateStatus: "Successful", Version: "$LATEST" })
    const second = await client.send(new PublishVersionCommand({ FunctionName }))
    expect(second).toMatchObject({ Version: "2", MemorySize: 256 })
    await client.send(new CreateAliasCommand({ FunctionName, Name: "512MB", FunctionVersion: "1" }))
    const twice = new CreateAliasCommand({ FunctionName, Name: "512MB", FunctionVersion: "1" })
    await expect(client.send(twice)).rejects.toMatchObject({ name: "ResourceConflictException" })
    await client.send(new UpdateAliasCommand({ FunctionName, Name: "512MB", FunctionVersion: "2" }))
    expect(await client.send(new GetAliasCommand({ FunctionName, Name: "512MB" }))).toMatchObject({
      FunctionVersion: "2",
    })
    const old = new GetFunctionConfigurationCommand({ FunctionName, Qualifier: "1" })
    expect(await client.send(old)).toMatchObject({ MemorySize: 512 })
    expect((await client.send(new ListAliasesCommand({ FunctionName }))).Aliases).toHaveLength(1)
    expect((await client.send(new ListVersionsByFunctionCommand({ FunctionName }))).Versions).toHaveLength(3)
    await client.send(new DeleteAliasCommand({ FunctionName, Name: "512MB" }))
    await client.send(new DeleteFunctionCommand({ FunctionName }))
    const names = (await client.send(new ListFunctionsCommand({}))).Functions?.map((one) => one.FunctionName)
    expect(names).not.toContain("managed")
  })

  test("the account has the concurrency of the server", async () => {
    const settings = await client.send(new GetAccountSettingsCommand({}))
    expect(settings.AccountLimit?.ConcurrentExecutions).toBe(4)
  })

  test("bad settings and bad code are invalid parameters", async () => {
    const update = new UpdateFunctionConfigurationCommand({ FunctionName: "probe", MemorySize: 64 })
    await expect(client.send(update)).rejects.toMatchObject({ name: "InvalidParameterValueException" })
    const code = { FunctionName: "x", Role: "r", Code: { ZipFile: Buffer.from("PK") } }
    await expect(client.send(new CreateFunctionCommand(code))).rejects.toMatchObject({
      name: "InvalidParameterValueException",
      message: expect.stringContaining('S3Bucket: "file"') as unknown,
    })
  })
})
