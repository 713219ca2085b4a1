// A function for testing platforms: a tiny Lambda runtime, and events that say what to do.
import { fork } from "node:child_process"
import { readFileSync } from "node:fs"
import { request } from "node:http"

const [host, port] = (process.env.AWS_LAMBDA_RUNTIME_API ?? "").split(":")

/** One call of the Runtime API. */
function call(method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, method, path: `/2018-06-01/runtime/${path}`, headers }, (response) => {
      const chunks = []
      response.on("data", (chunk) => chunks.push(chunk))
      response.on("end", () => resolve({ headers: response.headers, text: Buffer.concat(chunks).toString() }))
    })
    sent.on("error", reject)
    sent.end(body)
  })
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const instance = `${process.pid}-${Date.now()}`
let calls = 0
const kept = []

/** Burns CPU time, not wall time: the same work under every quota. */
function burn(cpuMs) {
  const start = process.cpuUsage()
  for (;;) {
    for (let i = 0; i < 20_000; i++) Math.sqrt(i)
    const used = process.cpuUsage(start)
    if (used.user + used.system >= cpuMs * 1000) return
  }
}

/** Work in n processes of its own; answers what each said. */
async function inChildren(processes, ...args) {
  const ends = Array.from({ length: processes }, () => {
    const child = fork(import.meta.filename, args)
    return new Promise((resolve) => {
      let said = null
      child.on("message", (message) => (said = message))
      child.once("exit", () => resolve(said))
    })
  })
  return await Promise.all(ends)
}

function allocate(mb) {
  for (let done = 0; done < mb; done += 8) kept.push(Buffer.alloc(8 * 1024 * 1024, 1))
}

async function handle(event, context) {
  const trimtab = event?.$trimtab
  if (trimtab?.prewarm) {
    await sleep(trimtab.holdMs)
    return { $trimtab: { v: 1, kind: "prewarm", cold: calls === 1 } }
  }
  switch (event?.do) {
    case "sleep":
      await sleep(event.ms)
      break
    case "burn":
      burn(event.cpuMs)
      break
    case "burn-in":
      return { groups: await inChildren(event.processes, "burn", String(event.cpuMs)) }
    case "allocate":
      allocate(event.mb)
      break
    case "allocate-in-child":
      await inChildren(1, "allocate", String(event.mb))
      break
    case "print":
      console.log(event.text)
      break
    case "throw":
      throw Object.assign(new Error(event.message), { name: event.name ?? "Error" })
    case "exit":
      process.exit(event.code)
      break
    case "big":
      return "x".repeat(event.bytes)
    case "environment":
      return { environment: process.env, cwd: process.cwd(), argv: process.argv, context }
  }
  return { echo: event, instance, calls }
}

if (process.argv[2] === "burn") {
  burn(Number(process.argv[3]))
  process.send(readFileSync("/proc/self/cgroup", "utf8"), () => process.exit(0))
  await sleep(10_000)
}
if (process.argv[2] === "allocate") {
  allocate(Number(process.argv[3]))
  process.exit(0)
}
if (process.env.PROBE_INIT === "throw") {
  await call("POST", "init/error", JSON.stringify({ errorType: "InitFailed", errorMessage: "told to fail" }))
  process.exit(1)
}
if (process.env.PROBE_INIT === "sleep") await sleep(Number(process.env.PROBE_INIT_MS))

for (;;) {
  const next = await call("GET", "invocation/next")
  calls++
  const id = next.headers["lambda-runtime-aws-request-id"]
  try {
    const answer = await handle(JSON.parse(next.text), {
      arn: next.headers["lambda-runtime-invoked-function-arn"],
      deadlineMs: Number(next.headers["lambda-runtime-deadline-ms"]),
      clientContext: next.headers["lambda-runtime-client-context"],
    })
    await call("POST", `invocation/${id}/response`, JSON.stringify(answer))
  } catch (error) {
    const body = JSON.stringify({ errorType: error.name, errorMessage: error.message })
    await call("POST", `invocation/${id}/error`, body, { "lambda-runtime-function-error-type": error.name })
  }
}
