import { isPrimeHandler } from "./is-prime.ts"

export const handler: ReturnType<typeof isPrimeHandler> = isPrimeHandler({ numbers: 30_000, outputBytes: 50_000 })
