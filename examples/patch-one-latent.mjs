/**
 * Patching one latent between questions: which latent carries the number?
 *
 * Two questions differ in one number. Block 8's output at one latent of the changed question is written into the run of the first.
 * Where the answer becomes the changed question's, that latent carries what the change did. Controls: the same latent of an
 * unrelated question as long, which must not bring that answer, and of the first question itself, which must change nothing.
 *
 * Run it: node examples/patch-one-latent.mjs
 */
// @ts-check

import { at, CodiModel, patch, site } from "codilens";

const stream = site.block(8).residPost;
/** @param {number} start */
const cards = (start) =>
  `Ruth has ${start} cards. Then Ruth gives away half. Then Ruth picks up 1 more. Then Ruth picks up 3 more. Then Ruth picks up 2 more. How many cards does Ruth have now?`;
const unrelatedQuestion =
  "Max has 5 coins. Then Max gives away 2. Then Max picks up 9 more. Then Max picks up 4 more. Then Max picks up 7 more. How many coins does Max have now?";

const model = await CodiModel.load("tiny-codi");
const [own, changed, unrelated] = await model.runBatch([cards(18), cards(20), unrelatedQuestion], {
  capture: [stream],
});
if (own === undefined || changed === undefined || unrelated === undefined) throw new Error("three runs were wanted");
const latents = Array.from({ length: model.codi.numLatents }, (_, latent) => latent);
const conditions = latents.flatMap((latent) =>
  [changed, unrelated, own].map((run) => ({
    name: `latent ${latent}`,
    interventions: [patch(stream, at.latent(latent), { run })],
  })),
);
const [patched = []] = await model.runConditions([cards(18)], conditions);

/** The number of an answer. @param {import("codilens").RunResult | undefined} run */
const numberOf = (run) => String(run?.answer.value ?? "none");
console.log(`18 cards: ${numberOf(own)}; 20 cards: ${numberOf(changed)}; unrelated: ${numberOf(unrelated)}`);
console.log(`Answer to "18 cards" with ${stream} patched at one latent, from`);
console.log("            20 cards   unrelated   itself");
for (const latent of latents) {
  const [fromChanged = "", fromUnrelated = "", fromItself = ""] = patched
    .slice(3 * latent, 3 * latent + 3)
    .map(numberOf);
  console.log(`  latent ${latent}${fromChanged.padStart(11)}${fromUnrelated.padStart(12)}${fromItself.padStart(9)}`);
}
console.log(
  "Where the unrelated question brings the same answer, the patch shows a disturbance and not what the latent holds.",
);
console.log(
  "A latent that changes nothing may hold the number all the same: later latents are recomputed and can read it again.",
);
model.dispose();
