import { mkdir, open, rename, stat, type FileHandle } from "node:fs/promises"
import { join } from "node:path"

/** Bytes of log that an Invoke answer carries. */
const TAIL_BYTES = 4096

/** A function's log file is moved aside above this, once. */
const MAX_FILE_BYTES = 16 * 1024 * 1024

/** What one instance prints: its own output and the platform's lines, the end of them at hand for the log tail. */
export class InstanceLog {
  readonly #write: (chunk: Buffer) => void
  #tail: Buffer = Buffer.alloc(0)
  #sawHeapAbort = false

  constructor(write: (chunk: Buffer) => void) {
    this.#write = write
  }

  /** A new invocation begins: the tail is its own. What a cold start printed stays in it. */
  begin(keepInit: boolean): void {
    if (!keepInit) this.#tail = Buffer.alloc(0)
    this.#sawHeapAbort = false
  }

  append(chunk: Buffer): void {
    this.#write(chunk)
    const whole = Buffer.concat([this.#tail, chunk])
    this.#tail = whole.byteLength > TAIL_BYTES ? whole.subarray(whole.byteLength - TAIL_BYTES) : whole
    if (chunk.includes("FATAL ERROR") && chunk.includes("heap out of memory")) this.#sawHeapAbort = true
  }

  line(text: string): void {
    this.append(Buffer.from(`${text}\n`))
  }

  /** V8 said since `begin` that its heap was full: in a worker of the instance, if the instance still lives. */
  get sawHeapAbort(): boolean {
    return this.#sawHeapAbort
  }

  get tail(): Buffer {
    return this.#tail
  }
}

/** A log file is opened anew after this long, so that one that was moved or removed is made again. */
const OPEN_MS = 2000

/** Log files by function, appended in order. A log that cannot be written is lost, not the invocation. */
export class LogFiles {
  readonly #directory: string
  readonly #pending = new Map<string, Buffer[]>()
  readonly #open = new Map<string, FileHandle>()
  #writing: Promise<void> = Promise.resolve()
  #scheduled = false

  constructor(directory: string) {
    this.#directory = directory
  }

  append(functionName: string, chunk: Buffer): void {
    const chunks = this.#pending.get(functionName)
    if (chunks === undefined) this.#pending.set(functionName, [chunk])
    else chunks.push(chunk)
    if (this.#scheduled) return
    this.#scheduled = true
    // One write for all that the same turn and the writes before it bring.
    this.#then(() => this.#flush())
  }

  /** Resolves when everything appended so far is in its file. */
  async drain(): Promise<void> {
    await this.#writing
  }

  async close(): Promise<void> {
    for (const functionName of this.#open.keys()) this.#then(() => this.#closeFile(functionName))
    await this.#writing
  }

  #then(step: () => Promise<void>): void {
    // See above: a step that fails is lost.
    this.#writing = this.#writing.then(step).catch(() => {})
  }

  async #flush(): Promise<void> {
    this.#scheduled = false
    const batch = [...this.#pending]
    this.#pending.clear()
    for (const [functionName, chunks] of batch) {
      // One log that cannot be written is no reason to lose the others.
      await this.#write(functionName, Buffer.concat(chunks)).catch(() => {})
    }
  }

  async #write(functionName: string, bytes: Buffer): Promise<void> {
    const file = this.#open.get(functionName) ?? (await this.#openFile(functionName))
    await file.appendFile(bytes)
  }

  async #openFile(functionName: string): Promise<FileHandle> {
    await mkdir(this.#directory, { recursive: true })
    const path = logPath(this.#directory, functionName)
    const size = await stat(path).then(
      (info) => info.size,
      () => 0,
    )
    if (size > MAX_FILE_BYTES) await rename(path, `${path}.1`)
    const file = await open(path, "a")
    this.#open.set(functionName, file)
    setTimeout(() => this.#then(() => this.#closeFile(functionName)), OPEN_MS).unref()
    return file
  }

  async #closeFile(functionName: string): Promise<void> {
    const file = this.#open.get(functionName)
    this.#open.delete(functionName)
    await file?.close()
  }
}

/** The log of a function; the older half, if any, is beside it with the suffix `.1`. */
export function logPath(directory: string, functionName: string): string {
  return join(directory, `${functionName}.log`)
}
