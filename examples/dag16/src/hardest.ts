import { isPrimeHandler } from "./is-prime.ts"

export const handler: ReturnType<typeof isPrimeHandler> = isPrimeHandler({ numbers: 270_000, outputBytes: 2_000_000 })
