import { defineConfig, type TrimtabConfig } from "../../src/index.ts"
import { ml } from "./src/workflow.ts"

const config: TrimtabConfig = defineConfig({
  workflow: ml,
  input: Array.from({ length: 8 }, (_, i) => ({ seed: 100 + i, rows: 1000 })),
  // a third of a core for each vCPU: the larger sizes then fit a machine of two cores
  platform: { kind: "local", vcpuScale: 1 / 3 },
})

// oxlint-disable-next-line import/no-default-export -- a config is its default export
export default config
