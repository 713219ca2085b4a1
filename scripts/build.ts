// Builds dist/ for publishing: tsc turns the sources into JavaScript and declarations; then esbuild puts the packages
// that only figures need (preact, d3) into dist/report, so that they are no run-time dependencies.
import { execFileSync } from "node:child_process"
import { glob, rm } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const root = fileURLToPath(new URL("..", import.meta.url))
await rm(`${root}dist`, { recursive: true, force: true })
execFileSync("tsc", ["--project", `${root}tsconfig.build.json`], { stdio: "inherit", cwd: root })

const entryPoints: string[] = []
for await (const file of glob("dist/report/*.js", { cwd: root })) entryPoints.push(file)
await build({
  absWorkingDir: root,
  entryPoints,
  outdir: "dist/report",
  allowOverwrite: true,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node24",
  logLevel: "warning",
})
