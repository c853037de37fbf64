/**
 * A sweep over layers and latents, with its heat map: at which layer does which latent matter?
 *
 * Each block's output is zeroed at each latent, over six questions. Control: a random direction of the same length in its place.
 * The means and a test go to the terminal, and the map as SVG to a file where one is named.
 *
 * Run it: node examples/layer-latent-sweep.mjs [heat-map.svg]
 */
// @ts-check

import { writeFileSync } from "node:fs";
import { at, CodiModel, loadProblems, range, site, zero } from "codilens";

const model = await CodiModel.load("tiny-codi");
const result = await model.sweep(await loadProblems("tiny-codi", { n: 6, seed: 1 }), {
  over: { layer: range(0, 16, 3), latent: range(6) },
  do: ({ layer, latent }) => zero(site.block(layer).residPost, at.latent(latent)),
  measure: ["correct", "broken", "logProb"],
  controls: ["random direction"],
});

const { "random direction": random } = result.controls;
console.log(`Right answers of ${result.problems.length} that break, zeroed and with a random direction:`);
for (const { cell, rows, test } of result.cells()) {
  const [zeroed, turned] = [rows(), random.at(cell).rows()].map((some) => some.filter(({ broken }) => broken).length);
  const against = test("correct", { against: "random direction", holm: true });
  const p = against.kind === "value" ? `p = ${against.p.toFixed(3)}` : against.reason;
  console.log(`layer ${cell.layer}, latent ${cell.latent}: ${zeroed} and ${turned} (${p})`);
}
console.log("Read a cell as what zeroing does beyond the random direction; p is McNemar's, Holm over all cells.");

const [, , out] = process.argv;
if (out !== undefined) writeFileSync(out, await result.heatMap({ value: "broken" }).svg());
model.dispose();
