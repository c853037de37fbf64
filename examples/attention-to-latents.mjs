/**
 * Attention of every head to the latents, as a matrix of heads × latents.
 *
 * The reader is the token before the answer's number, whose state predicts the number. Attention is the mean over eight questions.
 * The last column is the share that the latents would get if the reader attended to all positions alike.
 *
 * Run it: node examples/attention-to-latents.mjs
 */
// @ts-check

import { readFileSync } from "node:fs";
import { CodiModel } from "codilens";

const model = await CodiModel.load("tiny-codi");
const file = new URL("weights/tiny-codi/problems_100.jsonl", import.meta.resolve("codilens/package.json"));
const lines = readFileSync(file, "utf8").trim().split("\n");
const questions = lines.filter((_, i) => i % 13 === 0).map((line) => String(JSON.parse(line).question));

const runs = await model.runBatch(questions, { capture: ["blocks.*.attn.hook_pattern"] });
const { layers, heads } = model.config;
const latents = Array.from({ length: model.codi.numLatents }, (_, latent) => `latent.${latent}`);

/** Shares that one run's reader gives to each latent in one head. @param {import("codilens").RunResult} run @param {number} layer @param {number} head */
function shares({ captures, layout, answer }, layer, head) {
  if (answer.numberToken === null) throw new Error("the answer has no number");
  const { data } = captures.get(`blocks.${layer}.attn.hook_pattern`); // [1, heads, query, key]
  const query = layout.names.indexOf(`answer.${answer.numberToken - 1}`);
  const row = (head * layout.length + query) * layout.length;
  return latents.map((name) => data[row + layout.names.indexOf(name)] ?? 0);
}

/** @param {readonly number[]} numbers */
const mean = (numbers) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
const even = mean(runs.map(({ layout }) => latents.length / (layout.names.indexOf("eot") + 1)));

console.log(`layer head ${latents.map((name) => name.padStart(9)).join("")}      all   (even: ${even.toFixed(3)})`);
for (let layer = 0; layer < layers; layer++)
  for (let head = 0; head < heads; head++) {
    const each = runs.map((run) => shares(run, layer, head));
    const columns = latents.map((_, latent) => mean(each.map((row) => row[latent] ?? 0)));
    const all = columns.reduce((sum, x) => sum + x, 0);
    const cells = [...columns, all].map((x) => x.toFixed(3).padStart(9)).join("");
    console.log(`${String(layer).padStart(5)}${String(head).padStart(5)} ${cells}`);
  }
console.log(
  "Attention says where a head reads, not whether the answer needs it: examples/knock-out-head.mjs asks that.",
);
model.dispose();
