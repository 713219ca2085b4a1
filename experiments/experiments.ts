import { fig1To3 } from "./confignavigator/fig-1-3.ts"
import { fig5 } from "./confignavigator/fig-5.ts"
import { fig7 } from "./confignavigator/fig-7.ts"
import { fig9And10, multiCore } from "./confignavigator/fig-9-10.ts"
import { table5 } from "./confignavigator/table-5.ts"
import type { Experiment } from "./experiment.ts"
import { fig3To7 } from "./stepconf/fig-3-7.ts"
import { fig16And17 } from "./stepconf/fig-16-17.ts"
import { fig18 } from "./stepconf/fig-18.ts"
import { fig19 } from "./stepconf/fig-19.ts"
import { fig20 } from "./stepconf/fig-20.ts"
import { fig21 } from "./stepconf/fig-21.ts"
import { fig22 } from "./stepconf/fig-22.ts"
import { fig23 } from "./stepconf/fig-23.ts"
import { onlineSaving } from "./stepconf/online-saving.ts"
import { parts } from "./stepconf/parts.ts"

/** Every figure and table that is repeated, in the order of the papers. */
export const EXPERIMENTS: readonly Experiment[] = [
  fig3To7,
  fig16And17,
  fig18,
  parts,
  fig19,
  fig20,
  fig21,
  fig22,
  fig23,
  onlineSaving,
  fig1To3,
  fig5,
  fig7,
  table5,
  fig9And10,
  multiCore,
]
