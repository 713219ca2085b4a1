/**
 * The configuration of one step, theta = (m, p, q) of StepConf. Plain nouns on purpose: `instances` is the
 * paper's inter-function parallelism, `processes` its intra-function parallelism.
 */
export interface StepConfig {
  readonly memoryMB: number
  readonly instances: number
  readonly processes: number
}

/** `min, min + step, ...`, never above `max`. */
export interface Range {
  readonly min: number
  readonly max: number
  readonly step: number
}

/** The choices of one step. */
export interface ConfigSpace {
  readonly memoryMB: Range
  readonly instances: Range
  readonly processes: Range
}

/** What holds for a step that says nothing: every size of AWS Lambda in steps of 64 MB. */
export const DEFAULT_CONFIG_SPACE: ConfigSpace = {
  memoryMB: { min: 128, max: 10_240, step: 64 },
  instances: { min: 1, max: 64, step: 1 },
  processes: { min: 1, max: 6, step: 1 },
}

export function valuesOf(range: Range): number[] {
  const values: number[] = []
  for (let value = range.min; value <= range.max; value += range.step) values.push(value)
  return values
}

export function inSpace(space: ConfigSpace, config: StepConfig): boolean {
  return (
    inRange(space.memoryMB, config.memoryMB) &&
    inRange(space.instances, config.instances) &&
    inRange(space.processes, config.processes)
  )
}

export function inRange(range: Range, value: number): boolean {
  return value >= range.min && value <= range.max && (value - range.min) % range.step === 0
}

/** `1024 MB x 4 x 2`: memory, instances, processes. */
export function formatConfig(config: StepConfig): string {
  return `${config.memoryMB} MB x ${config.instances} x ${config.processes}`
}

export function sameConfig(a: StepConfig, b: StepConfig): boolean {
  return a.memoryMB === b.memoryMB && a.instances === b.instances && a.processes === b.processes
}
