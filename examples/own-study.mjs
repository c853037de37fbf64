/**
 * An own study: does the answer need how long a latent's input is, or where it points?
 *
 * Every latent's input is made shorter or longer. The controls turn it to a random direction of the same length, and scale it by 1, which
 * must change nothing: a run in which it does fails. Baseline, records, resuming, tests, table, figure and report come by themselves.
 *
 * Run it: npm run experiment -- --study ./examples/own-study.mjs --problems 16 --out results/length
 */
// @ts-check

const SITE = "latents.hook_input";
const factors = [0.25, 0.5, 2, 4];

/** @type {import("codilens").Study} */
export const study = {
  name: "latent-length",
  question: "Does the answer need how long the latents' inputs are, or where they point?",
  conditions: ({ latents }) => [
    ...Array.from({ length: latents }, (_, latent) => latent).flatMap((latent) =>
      factors.map((factor) => ({
        name: `input of latent ${latent} × ${factor}`,
        interventions: [`scale(${factor}):${SITE}@latent.${latent}`],
        factors: { latent, factor },
      })),
    ),
    ...Array.from({ length: latents }, (_, latent) => ({
      name: `input of latent ${latent} in a random direction`,
      interventions: [`random:${SITE}@latent.${latent}`],
      factors: { latent, factor: "random", control: "random direction" },
    })),
    {
      name: "inputs × 1",
      interventions: [`scale(1):${SITE}@latent`],
      factors: { latent: "all", factor: 1, control: "identity" },
      isIdentity: true,
    },
  ],
  figure: { x: "factor", y: "latent", xTitle: "input times", yTitle: "latent" },
  sentence: "“{condition}” breaks the most answers: {broken} of {n} {interval}; a random direction stands beside each.",
};
