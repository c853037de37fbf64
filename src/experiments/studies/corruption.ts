/** How robust is the answer to corruption of a latent? Seven kinds at each latent, as the original study lists them, and a direction of the same norm. */

import { condition, range, type Study, type StudyContext } from "../study.js";

/** Operation → what the figure calls it. `shuffle` of one latent alone is nothing, so it takes all at once. */
const KINDS = [
  ["zero", "zero"],
  ["noise(0.1)", "noise, σ 0.1"],
  ["noise(0.5)", "noise, σ 0.5"],
  ["noise(1)", "noise, σ 1"],
  ["noise(2)", "noise, σ 2"],
  ["random", "random direction, same norm"],
  ["mean", "mean of other problems"],
  ["resample", "another problem's"],
] as const;

/** The study. Factors: `kind`, and `latent` (a number, or `all`). */
export const corruption: Study = {
  name: "corruption",
  question: "How robust is the answer to corruption of a latent?",
  figure: { x: "latent", y: "kind", xTitle: "latent" },
  conditions: ({ layer, latents }: StudyContext) => {
    const site = `blocks.${layer}.hook_resid_post`;
    const single = KINDS.flatMap(([operation, kind]) =>
      range(latents).map((k) =>
        condition("corruption", `${kind}: latent.${k} at layer ${layer}`, [`${operation}:${site}@latent.${k}`], {
          kind,
          latent: k,
        }),
      ),
    );
    const together = [...KINDS, ["shuffle", "latents exchanged"] as const].map(([operation, kind]) =>
      condition("corruption", `${kind}: all latents at layer ${layer}`, [`${operation}:${site}@latent`], {
        kind,
        latent: "all",
      }),
    );
    return [...single, ...(latents < 2 ? together.slice(0, -1) : together)];
  },
};
