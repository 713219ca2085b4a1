import { isPrimeHandler } from "./is-prime.ts"

export const handler: ReturnType<typeof isPrimeHandler> = isPrimeHandler({ numbers: 135_000, outputBytes: 800_000 })
