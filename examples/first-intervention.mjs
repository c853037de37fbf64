/**
 * First intervention: take one latent away and see what the answer does.
 *
 * Block 8's output at latent 0 is set to zero, first as text and then as code, and once replaced by a random vector of the same
 * length. The last is the control: a latent that breaks the answer under any disturbance was not shown to hold anything.
 *
 * Run it: node examples/first-intervention.mjs
 */
// @ts-check

import { at, CodiModel, hook, random, site, tf } from "codilens";

const question =
  "Ann has 18 stickers. Ann loses 9. Then Ann picks up 5 more. Ann finds 9 more. Ann sells 6. How many stickers does Ann have now?";
const model = await CodiModel.load("tiny-codi");
const [where, when] = [site.block(8).residPost, at.latent(0)];
// The log-probability of the right answer says more than the answer alone, which changes only once another number wins.
const expected = 17;

const clean = await model.run(question, { expected });
const asText = await model.run(question, { expected, interventions: ["zero:blocks.8.hook_resid_post@latent.0"] });
const asCode = await model.run(question, { expected, hooks: [hook(where, when, (x) => tf.zerosLike(x))] });
const control = await model.run(question, { expected, interventions: [random(where, when)] });

console.log(question);
for (const [name, { answer, logProb }] of Object.entries({ clean, asText, asCode, control }))
  console.log(`  ${name.padEnd(8)} ${answer.text.padEnd(20)} log p(17) = ${logProb?.toFixed(4)}`);
console.log(`The hook fired ${asCode.fired.map(({ count, planned }) => `${count} of ${planned}`)} times.`);
console.log("One question is an anecdote: examples/layer-latent-sweep.mjs asks the same of many.");
model.dispose();
