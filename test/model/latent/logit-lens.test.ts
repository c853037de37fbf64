/** Logit lens at every layer of the embedded model against PyTorch (`make/layer_lens.py`), as the study `lens` records it. */
// @needs engine

import { afterAll, expect, test } from "vitest";
import { at } from "../../../src/model/hooks/address.js";
import type { RunResult } from "../../../src/model/latent/run-types.js";
import { layerLenses, stateStep } from "../../../src/studies/lens/read.js";
import { readJson } from "../../support/parity.js";
import { fieldsOf, readContext } from "../../support/read-context.js";
import { loadTiny, question } from "../../support/tiny.js";

interface Fixture {
  readonly numbers: readonly string[];
  readonly lens: readonly {
    readonly question: string;
    readonly first: number[][];
    readonly ranks: number[][][];
    readonly log_probs: number[][][];
    readonly kl: number[][];
  }[];
}

const { numbers, lens } = readJson<Fixture>("layer_lens");
const model = await loadTiny();
afterAll(() => model.dispose());

test("first choice, ranks and log-probabilities equal PyTorch's at every layer of BOT and the latents", async () => {
  const problems = lens.map(({ question }, index) => ({
    index,
    problem: {
      id: `${index}`,
      question,
      expected: 1,
      difficulty: "1-step" as const,
      steps: [null, ...numbers.map(Number)],
    },
  }));
  const runs = problems.map(({ problem }) => ({ problem, result: { failure: null } as RunResult }));
  const read = (await layerLenses(readContext(model, runs))).map((each) => fieldsOf(each).layerLens);
  expect(read.length).toBe(3);
  for (const [i, wanted] of lens.entries()) {
    const found = read[i];
    expect(found?.layers).toEqual(["embed", ...Array.from({ length: 16 }, (_, layer) => `${layer}`)]);
    expect(found?.positions).toEqual(["bot", "latent.0", "latent.1", "latent.2", "latent.3", "latent.4", "latent.5"]);
    expect(found?.first).toEqual(wanted.first.map((row) => row.map((id) => model.tokenizer.decode([id]))));
    // A step whose value is unknown keeps its place.
    expect(found?.steps).toHaveLength(1 + numbers.length);
    expect(found?.steps[0]).toBeNull();
    for (const [n] of numbers.entries()) {
      expect(found?.steps[n + 1]?.ranks).toEqual(wanted.ranks.map((row) => row.map((cell) => cell[n])));
      const logs = wanted.log_probs.flatMap((row) => row.map((cell) => cell[n] ?? 0));
      const gaps = (found?.steps[n + 1]?.logProbs.flat() ?? []).map((value, at) => Math.abs(value - (logs[at] ?? 0)));
      expect(gaps.length).toBe(17 * 7);
      expect(Math.max(...gaps)).toBeLessThan(2e-4);
    }
    // The states are those that the last reading was made of.
    const states = new Float32Array(Uint8Array.from(Buffer.from(found?.states ?? "", "base64")).buffer);
    expect(states.length).toBe(17 * 7 * 64);
    const again = await model.logitLens(states.subarray(16 * 7 * 64));
    expect(again.map(({ first }) => first)).toEqual(wanted.first[16]);
    expect(again.map(({ kl }) => kl)).toEqual(again.map(() => null));
    const last = states.subarray(16 * 7 * 64);
    const reference = Float32Array.from(states, (_, at) => last[at % last.length] ?? 0);
    const kls = (await model.logitLens(states, [], reference)).map(({ kl }) => kl ?? Number.NaN);
    const wantedKls = wanted.kl.flat();
    expect(Math.max(...wantedKls)).toBeGreaterThan(1);
    expect(Math.max(...kls.map((value, at) => Math.abs(value - (wantedKls[at] ?? 0))))).toBeLessThan(5e-4);
  }
  await expect(model.logitLens(new Float32Array(65))).rejects.toThrow(/65 numbers, no multiple of dModel 64/);
  await expect(model.logitLens(new Float32Array(128), [], new Float32Array(64))).rejects.toThrow(
    /reference has 64 numbers, the states 128/,
  );
});

test("large runs keep the states of fewer layers", () => {
  expect([stateStep(16, 240_000), stateStep(16, 20 * 2 ** 20), stateStep(80, 2 ** 28)]).toEqual([1, 2, 81]);
});

test("the likeliest tokens are those that the run's own lens names, in the order of their ranks", async () => {
  const { captures, lens } = await model.run(question, { capture: ["blocks.15.hook_resid_post"], lens: true });
  const states = captures.at("blocks.15.hook_resid_post", at.latent()).data;
  const read = await model.logitLens(states, { best: 5 });
  expect(read.map(({ best }) => best.map(({ id }) => id))).toEqual(
    lens.slice(1).map(({ top }) => top.map(({ id }) => id)),
  );
  const gaps = read.flatMap(({ best }, k) =>
    best.map(({ logProb }, rank) => Math.abs(logProb - (lens[k + 1]?.top[rank]?.logProb ?? Number.NaN))),
  );
  expect(gaps).toHaveLength(30);
  expect(Math.max(...gaps)).toBeLessThan(1e-4);
  const [first] = read;
  const ids = first?.best.map(({ id }) => id) ?? [];
  const [ranked] = await model.logitLens(states, { tokens: ids });
  expect(ranked?.ranks).toEqual([1, 2, 3, 4, 5]);
  expect(ranked?.best).toEqual([]);
  // More than there are: all of them, each once.
  const [all] = await model.logitLens(states.subarray(0, 64), { best: 10_000 });
  expect(new Set(all?.best.map(({ id }) => id)).size).toBe(all?.best.length);
  expect(all?.best.reduce((sum, { logProb }) => sum + Math.exp(logProb), 0)).toBeCloseTo(1, 5);
  await expect(model.logitLens(states, { best: 1.5 })).rejects.toThrow(/best is 1.5, wanted how many tokens/);
});
