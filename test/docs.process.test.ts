import { spawnSync } from "node:child_process"
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { EXIT } from "../src/cli/exit-codes.ts"

// The README's example, taken from its text and run.

const root = resolve(import.meta.dirname, "..")
let folder: string
let readme: string

/** The code block that follows `name` in backticks. */
function block(name: string): string {
  const at = readme.indexOf(`\`${name}\``)
  const match = /```ts\n([\s\S]*?)```/.exec(readme.slice(at))
  if (at < 0 || match === null) throw new Error(`the README shows no ${name}`)
  return match[1]!
}

beforeAll(async () => {
  readme = await readFile(join(root, "README.md"), "utf8")
  folder = await mkdtemp(join(tmpdir(), "trimtab-readme-"))
  for (const name of ["trimtab.config.ts", "cut.ts", "count.ts"]) await writeFile(join(folder, name), block(name))
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }))
  // The published package's public API, which is this one's source here.
  await mkdir(join(folder, "node_modules/trimtab"), { recursive: true })
  await writeFile(
    join(folder, "node_modules/trimtab/package.json"),
    JSON.stringify({ name: "trimtab", type: "module", exports: "./index.js" }),
  )
  await writeFile(
    join(folder, "node_modules/trimtab/index.js"),
    `export * from ${JSON.stringify(join(root, "src/index.ts"))}\n`,
  )
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test("the example profiles, plans and runs as written", { timeout: 200_000 }, () => {
  const commands = [...readme.matchAll(/^trimtab (.*?) *#/gm)].map((match) => match[1]!.trim().split(" "))
  expect(commands.map((words) => words[0])).toEqual(["profile", "plan", "run"])
  for (const words of commands) {
    const { status, stderr, stdout } = spawnSync(process.execPath, [join(root, "bin/trimtab.js"), ...words, "--json"], {
      cwd: folder,
      encoding: "utf8",
    })
    // A machine that is busy with something else may miss the deadline; that is no error of the example.
    expect([EXIT.ok, words[0] === "run" ? EXIT.goal : EXIT.ok], stderr).toContain(status)
    if (words[0] === "run")
      expect(JSON.parse(stdout)).toMatchObject({ status: "succeeded", output: expect.arrayContaining([33_860]) })
  }
  // What measured the functions is no run; the run is rebuilt from the log of its functions.
  const observed = spawnSync(process.execPath, [join(root, "bin/trimtab.js"), "observe", "--json"], {
    cwd: folder,
    encoding: "utf8",
  })
  expect(observed.status, observed.stderr).toBe(EXIT.ok)
  expect(JSON.parse(observed.stdout)).toMatchObject({
    runsSeen: 1,
    pipeline: { edges: [{ from: "cut", to: "count", kind: "after" }], criticalPaths: [{ path: ["cut", "count"] }] },
  })
})

test("every link of the README leads to a file", async () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)]
    .map((match) => match[1]!)
    .filter((link) => !link.startsWith("http"))
  for (const link of links)
    await expect(
      readFile(join(root, link)).catch((error: NodeJS.ErrnoException) =>
        error.code === "EISDIR" ? "folder" : Promise.reject(error),
      ),
      link,
    ).resolves.toBeDefined()
})
