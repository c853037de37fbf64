/** Which component wrote what matters? Read from the baseline, with another problem's latents as control: no condition of its own. */

import type { Study } from "../study.js";

/** The study; its numbers come from the baseline's records. */
export const residual: Study = {
  name: "residual",
  question: "Which component wrote what matters?",
  caveat:
    "A direct contribution leaves out what a component does by way of later blocks, a norm's scale or GELU's gate; what it says of cause is only that taking it out, with all else held, would change the sum by so much.",
  conditions: [],
};
