import { existsSync } from "node:fs"
import { mkdir, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { TrimtabError } from "../../base/errors.ts"
import type { CommandContext } from "../main.ts"
import { STARTER } from "../starter.ts"

/** `trimtab init`: writes a small workflow that runs at once. Never overwrites a file. */
export async function init({ terminal, cwd }: CommandContext): Promise<number> {
  const present = Object.keys(STARTER).filter((file) => existsSync(join(cwd, file)))
  if (present.length > 0)
    throw new TrimtabError(
      "usage",
      `${present.join(", ")} exists already in ${cwd}; nothing was written, use an empty folder`,
      { where: cwd },
    )
  for (const [file, text] of Object.entries(STARTER)) {
    await mkdir(dirname(join(cwd, file)), { recursive: true })
    await writeFile(join(cwd, file), text, { flag: "wx" })
  }
  const files = Object.keys(STARTER)
  terminal.result({ schemaVersion: 1, written: files }, () =>
    [...files.map((file) => `wrote ${file}`), "", "next: trimtab profile, then trimtab run --slo 20s"].join("\n"),
  )
  return 0
}
