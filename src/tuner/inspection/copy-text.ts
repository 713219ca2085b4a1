/**
 * A text of its own. V8 makes a long piece of a text point into the whole: an id that is kept would keep 256 kB of log.
 * Values of parsed JSON are texts of their own already.
 */
export function copyOf(text: string): string {
  return text.length < SLICED_FROM ? text : Buffer.from(text).toString()
}

/** Shorter pieces are copied by V8 itself. */
const SLICED_FROM = 13
