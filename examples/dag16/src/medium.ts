import { isPrimeHandler } from "./is-prime.ts"

export const handler: ReturnType<typeof isPrimeHandler> = isPrimeHandler({ numbers: 65_000, outputBytes: 200_000 })
