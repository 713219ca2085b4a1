import { StringDecoder } from "node:string_decoder"

/** Longest line that is kept, characters: a whole document of CloudWatch events may stand on one. */
export const MAX_LINE = 16_000_000

/** Lines of a chunk, and how many were too long. */
export interface Cut {
  readonly lines: string[]
  readonly tooLong: number
}

/** Cuts bytes into lines, whatever the chunks they come in; holds no more than one line. */
export interface LineCutter {
  /** The lines that the chunk ends, without their ends. */
  add(chunk: Buffer): Cut
  /** What stands behind the last line's end, taken as a line. */
  rest(): Cut
  /** Bytes behind the last line's end. */
  readonly heldBytes: number
}

export function lineCutter(): LineCutter {
  const decoder = new StringDecoder("utf8")
  let held: string[] = []
  let heldLength = 0
  let heldBytes = 0
  let isTooLong = false
  const take = (last: string): string => {
    const line = held.length === 0 ? last : [...held, last].join("")
    held = []
    heldLength = 0
    return line.endsWith("\r") ? line.slice(0, -1) : line
  }
  const hold = (text: string): void => {
    if (isTooLong || text === "") return
    heldLength += text.length
    if (heldLength <= MAX_LINE) {
      held.push(text)
    } else {
      isTooLong = true
      held = []
      heldLength = 0
    }
  }
  return {
    add: (chunk) => {
      const text = decoder.write(chunk)
      const lines: string[] = []
      let tooLong = 0
      let from = 0
      for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
        if (isTooLong) tooLong += 1
        else lines.push(take(text.slice(from, end)))
        isTooLong = false
        from = end + 1
      }
      hold(text.slice(from))
      const lastEnd = chunk.lastIndexOf(0x0a)
      heldBytes = lastEnd < 0 ? heldBytes + chunk.byteLength : chunk.byteLength - lastEnd - 1
      return { lines, tooLong }
    },
    rest: () => {
      hold(decoder.end())
      heldBytes = 0
      const tooLong = isTooLong ? 1 : 0
      isTooLong = false
      return { lines: held.length === 0 ? [] : [take("")], tooLong }
    },
    get heldBytes() {
      return heldBytes
    },
  }
}
