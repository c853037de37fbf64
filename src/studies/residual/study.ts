/** Which component wrote what matters? Read from the baseline, with another problem's latents as control: no condition of its own. */

import type { Study } from "../study.js";
import { readResiduals } from "./read.js";
import { story } from "./story.js";

/** The study; its numbers come from the baseline's records. */
export const residual: Study = {
  ...story,
  conditions: [],
  reads: () => ({ baseline: { components: true } }),
  read: readResiduals,
};
