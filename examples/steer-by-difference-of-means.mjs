/**
 * Steering by a difference of means: a direction from "the answer is 10" to "the answer is 18", added to the latents of new questions.
 *
 * The direction is the mean of block 6's output at the latents over questions whose answer is 18, less the mean over questions whose
 * answer is 10. It is added, twice as long, to eight other questions whose answer is 10. The control adds a random vector of the same length.
 *
 * Run it: node examples/steer-by-difference-of-means.mjs
 */
// @ts-check

import { add, at, CodiModel, site } from "codilens";

const stream = site.block(6).residPost;
const names = ["Tom", "Ann", "Ben", "Mia", "Sam", "Lily", "Jack", "Emma"];
const model = await CodiModel.load("tiny-codi");

/** Eight questions with one answer and other numbers on the way. @param {number} answer @param {number} shift */
function questions(answer, shift) {
  return names.map((name, i) => {
    const [buys, loses, finds] = [1 + ((3 * i + shift) % 6), 1 + ((5 * i + shift) % 4), 2 + ((i + shift) % 3)];
    const start = answer - buys + loses - finds;
    return `${name} has ${start} pens. ${name} buys ${buys} more. ${name} loses ${loses}. ${name} finds ${finds} more. How many pens does ${name} have now?`;
  });
}

/** Mean state at the latents `[dModel]`. @param {string[]} of */
const meanState = async (of) =>
  (await model.runBatch(of, { capture: [stream] })).at(stream, at.latent()).mean("run").mean("position");
const direction = (await meanState(questions(18, 0))).minus(await meanState(questions(10, 0)));

// Sines of large numbers stand for draws: the same on every run.
const noise = direction.data.map((_, i) => Math.sin(1e4 * (i + 1)));
const length = Math.hypot(...direction.data);
const random = noise.map((x) => (x * length) / Math.hypot(...noise));

console.log(`A vector of length ${(2 * length).toFixed(1)} added at ${stream}; eight new questions, right answer 10:`);
for (const [name, vector] of Object.entries({ nothing: direction.times(0), direction, random })) {
  const runs = await model.runBatch(questions(10, 1), {
    interventions: [add(stream, at.latent(), { vector, scale: 2 })],
  });
  const answers = runs.map(({ answer }) => Number(answer.value ?? Number.NaN));
  const closer = answers.filter((answer) => answer > 10 && answer <= 18).length;
  const row = answers.map((answer) => String(answer).padStart(3)).join("");
  console.log(`  ${name.padEnd(9)} ${row}   towards 18: ${closer} of 8`);
}
console.log("The two sets of questions differ in their numbers too, so the direction may carry more than the answer.");
model.dispose();
