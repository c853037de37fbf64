/**
 * Attention of every head to the latents, as a matrix of heads × latents.
 *
 * The reader is the token before the answer's number, whose state predicts the number. Attention is the mean over eight questions.
 * The last column is the share that the latents get in all; the first line says what it would be if the reader attended to all
 * positions alike.
 *
 * Run it: node examples/attention-to-latents.mjs
 */
// @ts-check

import { at, CodiModel, loadProblems } from "codilens";

const model = await CodiModel.load("tiny-codi");
const pattern = "blocks.*.attn.hook_pattern";

const problems = await loadProblems("tiny-codi", { n: 8, seed: 1 });
const runs = await model.runBatch(
  problems.map(({ question }) => question),
  { capture: [pattern] },
);
const matrix = runs.at(pattern, at.beforeNumber, { keys: at.latent() }).mean("run");

const even = runs.map(({ layout }) => layout.parts.latents / (layout.names.indexOf("eot") + 1));
const mean = even.reduce((sum, x) => sum + x, 0) / even.length;
const columns = [...(matrix.names.key ?? []), "all"].map((name) => name.padStart(9)).join("");
console.log(`layer head ${columns}   (even: ${mean.toFixed(3)})`);
for (const [layer, heads] of matrix.along("layer"))
  for (const [head, shares] of heads.along("heads")) {
    const cells = [...shares.data, shares.sum("key").toNumber()].map((x) => x.toFixed(3).padStart(9)).join("");
    console.log(`${layer.padStart(5)}${head.padStart(5)} ${cells}`);
  }
console.log(
  "Attention says where a head reads, not whether the answer needs it: examples/knock-out-head.mjs asks that.",
);
model.dispose();
