/**
 * Re-analysis of finished records: when zeroing a latent breaks an answer, what is answered instead?
 *
 * No model is loaded. Each broken answer is compared with the values of its own problem's earlier steps (18−2=16 in the data), which
 * is what an answer from an unfinished calculation would be. Control: the same answers beside the steps of every other problem.
 *
 * Run it: npm run experiment -- --layers 8 --out results/first
 *         node examples/reanalyse-records.mjs results/first
 */
// @ts-check

import { loadRun } from "codilens/analysis";

const [, , folder] = process.argv;
if (folder === undefined) throw new Error("name the folder of a finished run: node examples/reanalyse-records.mjs DIR");

const { records, problems } = loadRun(folder);
const isRight = new Map(problems.map(({ id, baselineCorrect }) => [id, baselineCorrect]));
const ablations = records.flatMap((record) =>
  record.status === "ok" && record.study === "token-ablation" ? [record] : [],
);
// The last step's value is the answer itself.
const stepsOf = new Map(
  ablations.map(({ problem: { id, steps = [], expected } }) => [
    id,
    steps.slice(0, -1).filter((each) => each !== expected),
  ]),
);

console.log("latent   broken   a step of its own problem   of another problem (expected by chance)");
for (const latent of new Set(ablations.map(({ condition }) => condition.latent))) {
  const broken = ablations.filter(
    ({ condition, problem, answer }) => condition.latent === latent && isRight.get(problem.id) && !answer.correct,
  );
  let [own, chance] = [0, 0];
  for (const { problem, answer } of broken) {
    const having = [...stepsOf].filter(([, steps]) =>
      steps.some((value) => value !== null && value === answer.predicted),
    );
    const isOwn = having.some(([id]) => id === problem.id);
    own += Number(isOwn);
    chance += (having.length - Number(isOwn)) / (stepsOf.size - 1);
  }
  console.log(
    `${String(latent).padStart(6)}${String(broken.length).padStart(9)}${String(own).padStart(28)}${chance.toFixed(1).padStart(21)}`,
  );
}
console.log("Small counts: look at them as a hint for a study of its own, not as a finding.");
