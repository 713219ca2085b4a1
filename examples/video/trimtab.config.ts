// The command line reads a workflow from the default export of trimtab.config.ts.
// oxlint-disable-next-line import/no-default-export
export { video as default } from "./src/workflow.ts"
