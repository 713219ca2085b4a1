/** Work of the processor alone: what a thread does of one slice. */
export interface Computing {
  readonly flops: number
  readonly cacheOperations: number
  readonly cacheBytes: number
}

/** Flops of one turn of the loop below. */
const FLOPS_A_TURN = 8

/** Multiplications and additions in four independent chains, so that their latency does not bound the speed. */
function float(flops: number): number {
  let a = 0.1
  let b = 0.2
  let c = 0.3
  let d = 0.4
  for (let left = flops / FLOPS_A_TURN; left > 0; left--) {
    a = a * 0.999 + 0.001
    b = b * 0.998 + 0.002
    c = c * 0.997 + 0.003
    d = d * 0.996 + 0.004
  }
  return a + b + c + d
}

/** Kept between invocations as a function keeps its tables. */
let table = new Int32Array(0)

/** Reads and writes at random places of `bytes` of memory, half of each. */
function cache(operations: number, bytes: number): number {
  const length = Math.max(1, Math.floor(bytes / Int32Array.BYTES_PER_ELEMENT))
  if (table.length < length) table = new Int32Array(length)
  let state = 12_345
  let sum = 0
  for (let left = operations / 2; left > 0; left--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    sum = (sum + table[state % length]!) | 0
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    table[state % length] = sum + left
  }
  return sum
}

/** Does the work; returns a number so that nothing can be left out. */
export function compute({ flops, cacheOperations, cacheBytes }: Computing): number {
  return (flops > 0 ? float(flops) : 0) + (cacheOperations > 0 ? cache(cacheOperations, cacheBytes) : 0)
}
