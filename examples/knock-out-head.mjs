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
import { at, CodiModel, random, site, zero } from "codilens";

const layer = Number(process.argv[2] ?? 10);
const model = await CodiModel.load("tiny-codi");
const file = new URL("weights/tiny-codi/problems_100.jsonl", import.meta.resolve("codilens/package.json"));
const lines = readFileSync(file, "utf8").trim().split("\n");
const problems = lines.filter((_, i) => i % 8 === 7).map((line) => JSON.parse(line));
const questions = problems.map(({ question }) => String(question));
const expected = problems.map(({ answer }) => Number(answer.split("#### ")[1]));

const z = site.block(layer).attn.z;
const heads = Array.from({ length: model.config.heads }, (_, head) => head);
const conditions = [
  { name: "as it is", interventions: [] },
  ...heads.map((head) => ({ name: `head ${head}  zeroed`, interventions: [zero(z, at.all, { head })] })),
  ...heads.map((head) => ({ name: `head ${head}  random`, interventions: [random(z, at.all, { head })] })),
];
const rows = await model.runConditions(questions, conditions, { expected });

console.log(`Block ${layer}: right answers and mean log-probability of the right number`);
for (const [place, { name }] of conditions.entries()) {
  const runs = rows.flatMap((row) => row.slice(place, place + 1));
  const right = runs.filter(({ correct }) => correct).length;
  const logProb = runs.reduce((sum, run) => sum + Number(run.logProb), 0) / runs.length;
  console.log(`${name.padEnd(14)} ${String(right).padStart(5)} of ${runs.length} ${logProb.toFixed(3).padStart(9)}`);
}
console.log("One head at a time: what two heads do alike is not seen, since each stands in for the other.");
model.dispose();
