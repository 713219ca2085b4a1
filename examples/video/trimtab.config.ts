import { defineConfig, type TrimtabConfig } from "../../src/index.ts"
import { makeClip } from "./src/make-clip.ts"
import { video } from "./src/workflow.ts"

const config: TrimtabConfig = defineConfig({
  workflow: video,
  input: { clip: { $file: await makeClip() } },
  // a third of a core for each vCPU: the larger sizes then fit a machine of two cores
  platform: { kind: "local", vcpuScale: 1 / 3 },
})

// oxlint-disable-next-line import/no-default-export -- a config is its default export
export default config
