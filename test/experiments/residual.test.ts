/** The readings of the study `residual` on the embedded model: whose tokens, which donor, and always the same. */
// @needs engine, time

import { afterAll, expect, test } from "vitest";
import { numberTokensLike } from "../../src/studies/residual/number-tokens.js";
import { readResiduals } from "../../src/studies/residual/read.js";
import type { ResidualReading } from "../../src/studies/residual/record.js";
import { fieldsOf, readContext } from "../support/read-context.js";
import { loadTiny, problems } from "../support/tiny.js";

const loaded = loadTiny();
afterAll(async () => (await loaded).dispose());
const some = problems.slice(0, 4);
const numbered = some.map((problem, index) => ({
  problem: { id: `p${index}`, difficulty: "2-step", ...problem },
  index,
}));

async function readings(reference = some): Promise<ResidualReading[]> {
  const model = await loaded;
  const runs = await model.runBatch(
    some.map(({ question }) => question),
    { components: true, maxNewTokens: 12 },
  );
  const clean = runs.flatMap((result, i) => {
    const { problem } = numbered[i] ?? {};
    return problem === undefined ? [] : [{ problem, result }];
  });
  const facts = { seed: 42, reference: reference.map(({ question }) => question) };
  const found = await readResiduals(readContext(model, clean, facts));
  return found.flatMap((each) => fieldsOf(each).residual ?? []);
}

test("the answer's number, the best of the others and one drawn at random; inputs along themselves and along another's", async () => {
  const read = await readings();
  for (const { number, inputs, others } of read) {
    const { answer, alternative, control } = number?.tokens ?? { answer: "", alternative: "", control: "" };
    expect(new Set([answer, alternative, control]).size).toBe(3);
    const whole = (list: readonly number[] | undefined): number => list?.at(-1) ?? Number.NaN;
    // The answer is decoded greedily, and the alternative is the best of the others.
    expect(whole(number?.answer)).toBeGreaterThan(whole(number?.alternative));
    expect(whole(number?.alternative)).toBeGreaterThanOrEqual(whole(number?.control));
    for (const list of inputs) expect(whole(list)).toBeCloseTo(1, 4);
    // A cosine with another problem's.
    for (const list of others ?? [[2]]) expect(Math.abs(whole(list))).toBeLessThan(0.999);
  }
  expect(await readings()).toEqual(read);
});

test("without another problem there is no control along another's latent", async () => {
  const [first] = await readings(some.slice(0, 1));
  expect(first?.others).toBeNull();
});

test("numberTokensLike(): digits with the same blanks before them, never the token itself", async () => {
  const { tokenizer, config } = await loaded;
  const ids = Array.from({ length: config.vocabSize }, (_, id) => id);
  const bare = ids.filter((id) => /^\d+$/.test(tokenizer.tokenText(id)));
  const [own = 0] = bare;
  expect(numberTokensLike(await loaded, own)).toEqual(bare.filter((id) => id !== own));
  const word = ids.find((id) => /^[a-z]+$/.test(tokenizer.tokenText(id))) ?? 0;
  expect(numberTokensLike(await loaded, word)).toEqual([]);
});
