/**
 * A sweep over layers and latents, with its heat map: at which layer does which latent matter?
 *
 * Each block's output is zeroed at each latent, over twelve questions. Control: a random direction of the same length in its place.
 * The map goes to the terminal, and as SVG to a file where one is named.
 *
 * Run it: node examples/layer-latent-sweep.mjs [heat-map.svg]
 */
// @ts-check

import { readFileSync, writeFileSync } from "node:fs";
import { CodiModel, parseIntervention } from "codilens";

const model = await CodiModel.load("tiny-codi");
const file = new URL("weights/tiny-codi/problems_100.jsonl", import.meta.resolve("codilens/package.json"));
const lines = readFileSync(file, "utf8").trim().split("\n");
const questions = lines.filter((_, i) => i % 8 === 7).map((line) => String(JSON.parse(line).question));

const layers = Array.from({ length: model.config.layers }, (_, layer) => layer).filter((layer) => layer % 3 === 0);
const latents = Array.from({ length: model.codi.numLatents }, (_, latent) => latent);

const cells = layers.flatMap((layer) => latents.map((latent) => `blocks.${layer}.hook_resid_post@latent.${latent}`));

/** How many answers change, `[layer][latent]`. @param {string} operation */
async function changed(operation) {
  const texts = cells.map((cell) => `${operation}:${cell}`);
  const conditions = texts.map((name) => ({ name, interventions: [parseIntervention(name)] }));
  const results = await model.runConditions(questions, [{ name: "baseline", interventions: [] }, ...conditions]);
  const counts = cells.map((_, cell) =>
    results.filter(([base, ...runs]) => runs[cell]?.answer.text !== base?.answer.text),
  );
  return layers.map((_, row) => latents.map((latent) => counts[row * latents.length + latent]?.length ?? 0));
}

const [zeroed, random] = [await changed("zero"), await changed("random")];
console.log(`Answers of ${questions.length} that change`);
console.log(`layer   zeroed at latent ${latents.join("   ")}     random direction ${latents.join("   ")}`);
for (const [row, layer] of layers.entries()) {
  const [left = "", right = ""] = [zeroed, random].map((map) =>
    (map[row] ?? []).map((n) => String(n).padStart(4)).join(""),
  );
  console.log(`${String(layer).padStart(5)}${" ".repeat(17)}${left}${" ".repeat(20)}${right}`);
}
console.log("Read a cell as what zeroing does beyond the random direction: with twelve questions, 3 more are noise.");

const [, , out] = process.argv;
if (out !== undefined) {
  /** @param {number} x @param {number} y @param {string | number} label */
  const text = (x, y, label) => `<text x="${40 * x + 60}" y="${40 * y + 45}">${label}</text>`;
  /** @param {number} x @param {number} y @param {number} n */
  const square = (x, y, n) =>
    `<rect x="${40 * x + 40}" y="${40 * y + 20}" width="40" height="40" fill="#08c" fill-opacity="${n / questions.length}"/>`;
  const drawn = zeroed.flatMap((row, y) => row.map((n, x) => square(x, y, n) + text(x, y, n)));
  const labels = [...layers.map((layer, y) => text(-1, y, layer)), ...latents.map((x) => text(x, -0.75, x))];
  const box = `0 0 ${40 * latents.length + 40} ${40 * layers.length + 20}`;
  const start = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box}" font-size="13" text-anchor="middle">`;
  writeFileSync(out, `${start}${[...drawn, ...labels].join("")}</svg>\n`);
}
model.dispose();
