/**
 * How many bits does a latent need? Each number of a latent's input is rounded to a few evenly spaced levels.
 *
 * A latent is a vector of floats, so it could hold much more than an answer needs. One bit keeps the sign of each number alone, on either
 * side of the vector's range. Control: a random direction of the same norm in place of the latent, which keeps none of it.
 *
 * Run it: node examples/latent-bits.mjs [bits.svg]
 */
// @ts-check

import { writeFileSync } from "node:fs";
import { at, CodiModel, hook, loadProblems, range, site, tf } from "codilens";

const model = await CodiModel.load("tiny-codi");
const problems = await loadProblems("tiny-codi", { n: 16, seed: 3 });
const depths = [1, 2, 3, 4, 8];

/** Rounds every number to the nearest of 2^bits levels between the vector's ends. @param {tf.Tensor} x @param {number} bits */
function rounded(x, bits) {
  const [low, high] = [tf.min(x, -1, true), tf.max(x, -1, true)];
  const step = tf.div(tf.sub(high, low), 2 ** bits - 1);
  return tf.add(low, tf.mul(tf.round(tf.div(tf.sub(x, low), step)), step));
}

const result = await model.sweep(problems, {
  over: { bits: depths, latent: range(model.codi.numLatents) },
  do: ({ bits, latent }) =>
    hook(site.latents.input, at.latent(latent), (x) => rounded(x, bits), { id: `${bits} bits` }),
  measure: ["broken", "kl"],
  controls: ["random direction"],
});

const control = result.controls["random direction"];
console.log(`Answers of ${problems.length} that break, and mean KL from the untouched run`);
for (const bits of depths)
  console.log(`${bits} bits`, share(result.mean("broken", { bits })), result.mean("kl", { bits })?.toExponential(1));
console.log("random", share(control.mean("broken")), control.mean("kl")?.toExponential(1));
console.log(
  "Rounding adds an error as large as half a step: where few bits break an answer, its size may do it and not its kind.",
);

/** @param {number | null} rate */
function share(rate) {
  return rate === null ? "none" : `${(100 * rate).toFixed(1)} %`;
}

const [, , out] = process.argv;
if (out !== undefined) writeFileSync(out, await result.heatMap({ x: "latent", y: "bits", value: "kl" }).svg());
model.dispose();
