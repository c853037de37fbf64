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

import { CodiModel } from "codilens";

const SITE = "blocks.8.hook_resid_post";
/** @param {number} start */
const cards = (start) =>
  `Ruth has ${start} cards. Then Ruth gives away half. Then Ruth picks up 1 more. Then Ruth picks up 3 more. Then Ruth picks up 2 more. How many cards does Ruth have now?`;
const unrelatedQuestion =
  "Max has 5 coins. Then Max gives away 2. Then Max picks up 9 more. Then Max picks up 4 more. Then Max picks up 7 more. How many coins does Max have now?";

const model = await CodiModel.load("tiny-codi");
const capture = [SITE];
const own = await model.run(cards(18), { capture });
const changed = await model.run(cards(20), { capture });
const unrelated = await model.run(unrelatedQuestion, { capture });

/** The number of an answer. @param {import("codilens").RunResult} run */
const numberOf = ({ answer: { parsed } }) => (parsed.kind === "number" ? String(parsed.value) : "none");

console.log(`18 cards: ${numberOf(own)}; 20 cards: ${numberOf(changed)}; unrelated: ${numberOf(unrelated)}`);
console.log(`Answer to "18 cards" with ${SITE} patched at one latent, from`);
console.log("            20 cards   unrelated   itself");
for (let latent = 0; latent < model.codi.numLatents; latent++) {
  const answers = [];
  for (const source of [changed, unrelated, own]) {
    const patched = await model.run(cards(18), {
      interventions: [`patch(source):${SITE}@latent.${latent}`],
      sources: { source: [source] },
    });
    answers.push(numberOf(patched));
  }
  const [fromChanged = "", fromUnrelated = "", fromItself = ""] = answers;
  console.log(`  latent ${latent}${fromChanged.padStart(11)}${fromUnrelated.padStart(12)}${fromItself.padStart(9)}`);
}
console.log(
  "Where the unrelated question brings the same answer, the patch shows a disturbance and not what the latent holds.",
);
console.log(
  "A latent that changes nothing may hold the number all the same: later latents are recomputed and can read it again.",
);
model.dispose();
