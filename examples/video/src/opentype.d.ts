/** The part of opentype.js 1.3 that is used; the package ships no types. */
declare module "opentype.js" {
  interface Font {
    getPath(text: string, x: number, y: number, size: number): { toPathData(digits: number): string }
    getAdvanceWidth(text: string, size: number): number
  }
  const opentype: { parse(bytes: ArrayBuffer): Font }
  // oxlint-disable-next-line import/no-default-export -- the package is CommonJS
  export default opentype
}
