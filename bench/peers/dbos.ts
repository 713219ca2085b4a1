/** `node dbos.ts <database url> <server pid> <warm-up> <one> <fifty>`: barrier16 by DBOS over PostgreSQL. */
import { measurePeer, sizesFrom } from "./drive.ts"
import { load } from "./load.ts"
import { treeCpuMs } from "./process-cpu.ts"

interface Dbos {
  readonly DBOS: {
    setConfig(config: object): void
    launch(): Promise<void>
    shutdown(): Promise<void>
    registerWorkflow(fn: () => Promise<number>, config: object): () => Promise<number>
    runStep(fn: () => Promise<number>, config: object): Promise<number>
  }
}

const [systemDatabaseUrl = "", pid = "0", ...sizes] = process.argv.slice(2)
const { DBOS } = await load<Dbos>("@dbos-inc/dbos-sdk")
DBOS.setConfig({ name: "bench", systemDatabaseUrl, systemDatabasePoolSize: 20, logLevel: "error", enableOTLP: false })
const step = (name: string): Promise<number> => DBOS.runStep(async () => 0, { name })
const layer = (name: string): Promise<unknown> =>
  Promise.allSettled([1, 2, 3, 4, 5, 6, 7].map((i) => step(`${name}${i}`)))
const barrier16 = DBOS.registerWorkflow(
  async () => {
    await step("start")
    await layer("x")
    await layer("y")
    return step("end")
  },
  { name: "barrier16" },
)
await DBOS.launch()
const report = await measurePeer(
  sizesFrom(sizes),
  () => barrier16(),
  () => treeCpuMs(Number(pid)),
)
await DBOS.shutdown()
process.stdout.write(`${JSON.stringify(report)}\n`)
process.exit(0)
