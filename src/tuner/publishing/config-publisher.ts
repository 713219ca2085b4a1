/**
 * Publishing configurations as whole versions (ConfigNavigator's configuration update module, section 3.3.3): running
 * functions are never edited; each reads what it calls its sub-functions with.
 *
 * C1. A version is one object, written whole and once by `putIfAbsent`: readers see all of it or none of it.
 * C2. Version n + 1 is written only when n exists, so there are no gaps, and the newest is found by going upwards. Who
 *     reads later never reads an older version, whoever published in between.
 * C3. `current.json` is a copy of a recent version: only a place to begin. It may lag or be lost at any time.
 * C4. Killed at any point, what is there is valid: either the version exists, or it does not.
 * C5. A damaged object is refused with its reason and skipped; the newest version that holds goes on.
 * C6. Taking a change back is a new version with the old configurations: versions only grow, nothing is deleted.
 */
import { TrimtabError } from "../../base/errors.ts"
import type { Clock } from "../../base/clock.ts"
import type { Store } from "../../stores/store.ts"
import { type Canary, type ConfigDocument, type Configs, parseDocument, sealed } from "./config-document.ts"
import { checkPipelineName, currentKey, versionKey } from "./object-names.ts"
import { isRefusal, type NewestVersion, readNewest, readVersion, type StoredVersion } from "./published-versions.ts"

export interface ConfigPublisherOptions {
  readonly store: Store
  /** Up to 100 letters, digits, dots, dashes and underscores. */
  readonly pipeline: string
  readonly clock: Clock
  /** Known to publishers and functions alone: versions that were not made with it are refused. */
  readonly secret?: string
}

/** What a new version says. */
export interface ConfigChange {
  readonly configs: Configs
  readonly canary?: Canary
  readonly reason: string
  /** An earlier version whose configurations these are again. */
  readonly restores?: number
}

export type PublishOutcome =
  | { readonly kind: "published"; readonly document: ConfigDocument }
  /** Somebody else published after the version that the change was made for: nothing was written. */
  | { readonly kind: "overtaken"; readonly newest: NewestVersion }

export interface ConfigPublisher {
  readonly pipeline: string
  /** The newest version that holds, and what had to be refused. */
  newest(): Promise<NewestVersion>
  /**
   * Publishes the next version. With `after` only if no version above it exists: a change that was worked out for one
   * version is never laid over another. Two puts, and one get per version that others published.
   * @throws TrimtabError `invalid-data` for a change that no reader would take; what the store throws
   */
  publish(change: ConfigChange, options?: { readonly after?: number }): Promise<PublishOutcome>
  /**
   * Publishes the configurations of an earlier version again, without its canary.
   * @throws TrimtabError `usage` when there is no such version, `invalid-data` when it does not hold
   */
  rollback(to: number, reason: string, options?: { readonly after?: number }): Promise<PublishOutcome>
  /** All versions, oldest first; damaged ones as refusals. One get each. */
  history(): AsyncIterable<Exclude<StoredVersion, null>>
}

/** A publisher of one pipeline. Those of one process and of several may publish at once. */
export function configPublisher(options: ConfigPublisherOptions): ConfigPublisher {
  const { store, pipeline, clock, secret } = options
  checkPipelineName(pipeline)
  let known: NewestVersion | null = null
  /** Publishes of one publisher wait for each other: racing itself would only cost requests. */
  let last: Promise<unknown> = Promise.resolve()

  const newest = async (): Promise<NewestVersion> => {
    const found = await readNewest(options, known?.document ?? null)
    // What was refused below a version that holds matters no more once that version is known.
    known = found
    return found
  }

  /** True when this writer made the version. */
  const write = async (document: ConfigDocument): Promise<boolean> => {
    const text = sealed(document, secret)
    const parsed = parseDocument(text, { pipeline, ...(secret === undefined ? {} : { secret }) })
    if (!parsed.ok)
      throw new TrimtabError(
        "invalid-data",
        `version ${document.version} of ${pipeline} is refused: ${parsed.reason}`,
        {
          where: versionKey(pipeline, document.version),
          fix: "give every step whole numbers of memory, instances and processes",
        },
      )
    const bytes = new TextEncoder().encode(text)
    if (!(await store.putIfAbsent(versionKey(pipeline, document.version), bytes))) return false
    await store.put(currentKey(pipeline), bytes)
    return true
  }

  const publishNow = async (change: ConfigChange, after?: number) => {
    for (;;) {
      const found = await newest()
      if (after !== undefined && found.latest > after) return { kind: "overtaken", newest: found } as const
      const document: ConfigDocument = {
        schemaVersion: 1,
        pipeline,
        version: found.latest + 1,
        publishedAtMs: Math.round(clock.nowMs()),
        ...change,
      }
      if (!(await write(document))) continue
      known = { latest: document.version, document, refused: [] }
      return { kind: "published", document } as const
    }
  }

  const inTurn = (work: () => Promise<PublishOutcome>): Promise<PublishOutcome> => {
    const mine = last.then(work, work)
    last = mine.catch(() => {})
    return mine
  }

  const read = async (version: number): Promise<ConfigDocument> => {
    const found = await readVersion(options, version)
    const key = versionKey(pipeline, version)
    if (found === null)
      throw new TrimtabError("usage", `${pipeline} has no version ${version}`, {
        where: key,
        fix: "see trimtab tune --history",
      })
    if (isRefusal(found))
      throw new TrimtabError("invalid-data", `version ${version} of ${pipeline} is refused: ${found.reason}`, {
        where: key,
      })
    return found
  }

  return {
    pipeline,
    newest,
    publish: (change, { after } = {}) => inTurn(() => publishNow(change, after)),
    rollback: (to, reason, { after } = {}) =>
      inTurn(async () => publishNow({ configs: (await read(to)).configs, reason, restores: to }, after)),
    history: async function* () {
      const { latest } = await newest()
      for (let version = 1; version <= latest; version++) {
        const found = await readVersion(options, version)
        if (found !== null) yield found
      }
    },
  }
}
