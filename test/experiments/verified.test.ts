/** The numbers that the embedded model's positions name are those that PyTorch's logit lens gives (test/fixtures/make/verified.py). */
// @needs engine

import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { loadProblems } from "../../src/experiments/problems/load.js";
import { readNumbers } from "../../src/studies/verified/read.js";
import { fieldsOf, readContext } from "../support/read-context.js";
import { loadTiny } from "../support/tiny.js";

const model = await loadTiny();
afterAll(() => model.dispose());
const { problems } = await loadProblems("weights/tiny-codi/problems_100.jsonl", { onBadRow: "fail" });
const reference = JSON.parse(readFileSync("test/fixtures/verified.json", "utf8")) as {
  readonly positions: readonly string[];
  readonly problems: readonly { readonly numbers: readonly (readonly (readonly number[])[])[] }[];
};

test("numbers and ranks of five choices at BOT and each latent, and the solution as it is marked", async () => {
  const some = [0, 30, 60, 99];
  const mine = some.flatMap((i) => problems[i] ?? []);
  const results = await model.runBatch(
    mine.map(({ question }) => question),
    { lens: true, maxNewTokens: 1 },
  );
  const runs = results.map((result, i) => ({ problem: mine[i] ?? never(), result }));
  const long = { ...(mine[0] ?? never()), steps: [1234, 7, null] };
  const kept = await readNumbers(readContext(model, [...runs, { problem: long, result: results[0] ?? never() }]));
  const found = kept.map((each) => fieldsOf(each).kept?.["verified"]);
  expect(found.slice(0, -1)).toEqual(
    some.map((i) => ({
      positions: reference.positions,
      numbers: reference.problems[i]?.numbers,
      choices: 5,
      solution: problems[i]?.equations,
      unsaid: [],
    })),
  );
  // No token says 1234.
  expect(found.at(-1)?.["unsaid"]).toEqual([1234]);
});

function never(): never {
  throw new Error("a problem is missing");
}
