/** `node hunt.ts SEEDS`: runs trials until one finds something wrong, and says it. The subject of planted bugs. */
import { messageOf } from "../../base/errors.ts"
import { runTrial } from "./trial.ts"

const seeds = Number(process.argv[2])
for (let seed = 0; seed < seeds; seed++) {
  const wrong = await runTrial(seed).then(
    (trial) => trial.wrong[0],
    (error: unknown) => `the engine stopped: ${messageOf(error)}`,
  )
  if (wrong === undefined) continue
  process.stdout.write(`seed ${seed}: ${wrong}\n`)
  process.exit(0)
}
