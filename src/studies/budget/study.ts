/** How many latents are needed? EOT and the answer can read the first n only; or more are run than in the baseline. */

import { range } from "../../base/range.js";
import { hide, unreadable } from "../shared/all-latents.js";
import { asKeys, randomPositions } from "../shared/random-positions.js";
import type { PlannedCondition, Study } from "../study.js";
import { story } from "./story.js";

/** Levels beyond the baseline's number. */
const MORE = 2;

/**
 * The study. Factor: `visible`, how many of the first latents can be read; all of them is the baseline. The hidden ones still run and
 * keep their positions, so that nothing but what is read of them changes. Levels beyond the baseline run the loop longer (`loop`:
 * `longer`). Control: as many positions of the question hidden instead.
 */
export const budget: Study = {
  ...story,
  conditions: ({ latents }) => [
    ...range(latents).map(
      (visible): PlannedCondition => ({
        name: visible === 0 ? "no latent can be read" : `only the first ${visible} latents can be read`,
        interventions: unreadable(range(latents).slice(visible)),
        factors: { visible },
      }),
    ),
    ...range(MORE).map((more): PlannedCondition => {
      const visible = latents + more + 1;
      return {
        name: `${visible} latents are run, ${more + 1} more than in the baseline`,
        interventions: [],
        latents: visible,
        factors: { visible, loop: "longer" },
      };
    }),
    ...range(latents).map((visible): PlannedCondition => {
      const hidden = latents - visible;
      return {
        name: `${hidden} position${hidden === 1 ? "" : "s"} of the question drawn at random cannot be read`,
        interventions: hide(asKeys([1])),
        factors: { visible, control: "question positions" },
        // A shorter question has no control of this size: BOS is never hidden.
        forQuestion: (tokens) =>
          tokens.length - 1 < hidden ? [] : hide(asKeys(randomPositions(tokens, hidden, `budget ${hidden}`))),
      };
    }),
  ],
};
