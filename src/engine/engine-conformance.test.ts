import { testEngine } from "./testing/test-engine.ts"
import { testEngineShapes } from "./testing/test-engine-shapes.ts"

testEngineShapes("embedded", ({ script, policy }) => {
  const { run, platform } = testEngine({
    ...(script === undefined ? {} : { platform: { script } }),
    ...(policy === undefined ? {} : { policy }),
  })
  return { run, calls: platform.calls }
})
