/**
 * Knocking out a head: which heads of one block does the right answer need?
 *
 * What a head carries (`hook_z`, before the output matrix) is set to zero at every position, over twelve questions. Control: the head
 * carries a random vector of the same length instead, so that no head is called important for what any disturbance would do.
 *
 * Run it: node examples/knock-out-head.mjs [LAYER]      (default: 10)
 */
// @ts-check

import { readFileSync } from "node:fs";
import { at, blockSite, CodiModel, hook, tf } from "codilens";

const layer = Number(process.argv[2] ?? 10);
const model = await CodiModel.load("tiny-codi");
const file = new URL("weights/tiny-codi/problems_100.jsonl", import.meta.resolve("codilens/package.json"));
const lines = readFileSync(file, "utf8").trim().split("\n");
const problems = lines.filter((_, i) => i % 8 === 7).map((line) => JSON.parse(line));
const questions = problems.map(({ question }) => String(question));
const expected = problems.map(({ answer }) => Number(answer.split("#### ")[1]));

/** A hook that puts `other(z)` in place of what one head carries. @param {number} head @param {(z: tf.Tensor) => tf.Tensor} other */
function replaceHead(head, other) {
  return hook(blockSite(layer, "attn.hook_z"), at.all, (z) => {
    const isHead = tf.reshape(tf.oneHot(head, model.config.heads), [1, 1, -1, 1]); // of [batch, position, heads, dHead]
    return tf.add(tf.mul(z, tf.sub(1, isHead)), tf.mul(other(z), isHead));
  });
}

/** Noise that has z's length at each position and in each head. @param {tf.Tensor} z */
function noise(z) {
  const drawn = tf.randomNormal(z.shape, 0, 1, "float32", 1);
  return tf.mul(drawn, tf.div(tf.norm(z, 2, -1, true), tf.norm(drawn, 2, -1, true)));
}

/** Right answers, and the mean log-probability of the right number. @param {import("codilens").Hook[]} hooks */
async function score(hooks) {
  const runs = await model.runBatch(questions, { hooks, expected });
  const right = runs.filter(
    ({ answer: { parsed } }, i) => parsed.kind === "number" && parsed.value === expected[i],
  ).length;
  const logProb = runs.reduce((sum, run) => sum + Number(run.score.expectedLogProb), 0) / runs.length;
  return `${String(right).padStart(5)} of ${runs.length}${logProb.toFixed(3).padStart(9)}`;
}

console.log(`Block ${layer}: right answers and mean log-probability of the right number`);
console.log(`as it is ${await score([])}`);
for (let head = 0; head < model.config.heads; head++) {
  const [zeroed, random] = [await score([replaceHead(head, tf.zerosLike)]), await score([replaceHead(head, noise)])];
  console.log(`head ${head}   ${zeroed} zeroed    ${random} random`);
}
console.log("One head at a time: what two heads do alike is not seen, since each stands in for the other.");
model.dispose();
