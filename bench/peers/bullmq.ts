/**
 * `node bullmq.ts <redis port> <server pid> <warm-up> <one> <fifty>`: a tree of sixteen jobs by BullMQ, which runs trees
 * only: three jobs of four children each below a root.
 */
import { measurePeer, sizesFrom } from "./drive.ts"
import { load } from "./load.ts"
import { treeCpuMs } from "./process-cpu.ts"

interface Job {
  waitUntilFinished(events: unknown): Promise<unknown>
}

interface BullMq {
  readonly FlowProducer: new (options: object) => { add(flow: object): Promise<{ readonly job: Job }> }
  readonly Worker: new (queue: string, work: () => Promise<number>, options: object) => { close(): Promise<void> }
  readonly QueueEvents: new (
    queue: string,
    options: object,
  ) => { waitUntilReady(): Promise<unknown>; setMaxListeners(n: number): void }
}

const [port = "0", pid = "0", ...sizes] = process.argv.slice(2)
const { FlowProducer, Worker, QueueEvents } = await load<BullMq>("bullmq")
const connection = { host: "127.0.0.1", port: Number(port), maxRetriesPerRequest: null }
const producer = new FlowProducer({ connection })
const events = new QueueEvents("root", { connection })
await events.waitUntilReady()
events.setMaxListeners(1_000)
const working = Object.entries({ root: 50, middle: 150, leaf: 600 }).map(
  ([queue, concurrency]) => new Worker(queue, async () => 0, { connection, concurrency }),
)

const opts = { removeOnComplete: true }
const leaf = { name: "leaf", queueName: "leaf", opts }
const middle = { name: "middle", queueName: "middle", opts, children: [leaf, leaf, leaf, leaf] }
const play = async (): Promise<void> => {
  // The root is kept a moment: who waits for it asks whether it has finished already.
  const root = {
    name: "root",
    queueName: "root",
    opts: { removeOnComplete: 1_000 },
    children: [middle, middle, middle],
  }
  const { job } = await producer.add(root)
  await job.waitUntilFinished(events)
}
const report = await measurePeer(sizesFrom(sizes), play, () => treeCpuMs(Number(pid)))
await Promise.all(working.map((worker) => worker.close()))
process.stdout.write(`${JSON.stringify(report)}\n`)
process.exit(0)
