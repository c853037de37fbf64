/**
 * One run of the same conditions, as a user's script makes it: node bench/contenders/ours-sweep.mjs experiment|sweep|zeros PROBLEMS OUT.
 * Prints the seconds from loading to the last record on the disk. `zeros` leaves the control out: half the conditions.
 */

import { at, CodiModel, loadProblems, range, runExperiment, site, zero } from "codilens";

const [, , how = "", problems = "", out = ""] = process.argv;
const started = performance.now();
const n = Number(problems);
let records;
if (how === "experiment") {
  const run = await runExperiment({ studies: ["layer-map"], controls: false, layers: [8], problems: n, seed: 1, out });
  records = run.counts.records;
} else {
  const model = await CodiModel.load("tiny-codi");
  const result = await model.sweep(await loadProblems("tiny-codi", { n, seed: 1 }), {
    over: { layer: range(model.config.layers), latent: range(model.codi.numLatents) },
    do: ({ layer, latent }) => zero(site.block(layer).residPost, at.latent(latent)),
    measure: ["correct", "logProb", "kl"],
    ...(how === "sweep" ? { controls: ["random direction"] } : {}),
    out,
  });
  const { "random direction": control } = result.controls;
  records = result.baseline.length + result.rows().length + (control?.rows().length ?? 0);
}
process.stdout.write(JSON.stringify({ seconds: (performance.now() - started) / 1000, records }));
