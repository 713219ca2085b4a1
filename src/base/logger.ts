/** Where a part tells what it does: progress and warnings, never data and never a payload. */
export interface Logger {
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
}

export const silentLogger: Logger = { debug: () => {}, info: () => {}, warn: () => {} }

/** Makes foreign text safe to print: control characters (CR, LF, ANSI escapes) become visible escapes. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what this looks for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`)
}
