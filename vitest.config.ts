import { defineConfig, type ViteUserConfig } from "vitest/config"

// Real processes share two cores with the tests: files run one after the other where it matters,
// so a file that measures time or kills processes is in the "process" project, alone.
const processTests = ["test/**/*.process.test.ts", "src/**/*.process.test.ts"]

const packages = ["**/node_modules/**"]

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "test/**/*.test.ts", "bench/**/*.test.ts", "experiments/**/*.test.ts"],
          exclude: [...processTests, ...packages],
          testTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "process",
          include: processTests,
          exclude: packages,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})

export default config
