/** Which position reads which latent? Attention from one position to one latent before it is cut at every layer and head, and the effect runs on. */

import { range } from "../../base/range.js";
import { knockoutSide } from "../shared/knockout-side.js";
import { asKeys, randomPositions } from "../shared/random-positions.js";
import type { PlannedCondition, Study } from "../study.js";
import { story } from "./story.js";

const CONTROL = "random question position";

/** The study. Factors: `from`, the reading position, and `to`, the latent that it can no longer read. Control: a position of the question. */
export const latentToLatent: Study = {
  ...story,
  ...knockoutSide,
  conditions: ({ latents }) => {
    const readers = [...range(latents).map((k) => `latent.${k}`), "eot", "answer"];
    const cut = (from: string, to: string): string[] => [`knockout(${from}→${to}):blocks.*.attn.hook_pattern@${from}`];
    const latentsBefore = readers.flatMap((from, place) =>
      range(Math.min(place, latents)).map(
        (k): PlannedCondition => ({
          name: `${from} cannot read latent.${k}`,
          interventions: cut(from, `latent.${k}`),
          factors: { from, to: `latent.${k}` },
        }),
      ),
    );
    const control = readers.slice(1).map(
      (from): PlannedCondition => ({
        name: `${from} cannot read a ${CONTROL}`,
        interventions: cut(from, asKeys([1])),
        factors: { from, to: "random", control: CONTROL },
        forQuestion: (tokens) => cut(from, asKeys(randomPositions(tokens, 1, `latent-to-latent ${from}`))),
      }),
    );
    return [...latentsBefore, ...control];
  },
};
