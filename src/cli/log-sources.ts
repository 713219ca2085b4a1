import { resolve } from "node:path"
import { TrimtabError } from "../base/errors.ts"
import type { FileSource } from "../tuner/inspection/file-source.ts"
import { logFiles } from "../tuner/inspection/log-files.ts"
import { projectLogs } from "./composition.ts"
import { loadProject } from "./config.ts"

/** The logs that were named, or those of the project's local platform. @throws TrimtabError `usage` when there are none */
export async function logSources(
  { cwd, configFile }: { readonly cwd: string; readonly configFile: string | undefined },
  paths: readonly string[],
): Promise<readonly FileSource[]> {
  if (paths.length > 0) {
    const lists = await Promise.all(paths.map((path) => logFiles(resolve(cwd, path))))
    // A file may be named twice, by itself and by its folder.
    return [...new Map(lists.flat().map((source) => [source.path, source])).values()]
  }
  const project = await loadProject({ file: configFile, cwd })
  return await logFiles(projectLogs(project)).catch((error: unknown) => {
    if (!(error instanceof TrimtabError) || error.code !== "usage") throw error
    throw new TrimtabError("usage", "this project's local platform has no log yet; run the workflow, or name logs", {
      where: projectLogs(project),
      fix: "name log files or folders",
      cause: error,
    })
  })
}
