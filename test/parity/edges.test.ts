/** The study `edges` on the embedded model against PyTorch: the scores of edges, and what circuits of them keep. */
// @needs engine, time

import { afterAll, describe, expect, test } from "vitest";
import { tf } from "../../src/index.js";
import { faithfulnessOf } from "../../src/studies/edges/circuits.js";
import { type ScoredPair, scorePairs } from "../../src/studies/edges/scores.js";
import { type Pair, pairsOf } from "../../src/studies/patching/pairs.js";
import { readJson } from "../support/parity.js";
import { loadTiny } from "../support/tiny.js";

interface Fixture {
  readonly pairs: readonly {
    readonly clean: string;
    readonly changed: readonly [string, string];
    readonly ends: readonly [clean: number, counterfactual: number];
    readonly places: readonly string[];
    readonly gap: number;
    readonly best: readonly {
      readonly target: number;
      readonly source: number;
      readonly place: string;
      readonly score: number;
    }[];
    readonly circuits: {
      readonly edges: number;
      readonly sizes: readonly { readonly edges: number; readonly faithfulness: number; readonly complement: number }[];
    };
  }[];
}

const fixture = readJson<Fixture>("edges");
const loaded = loadTiny();
afterAll(async () => (await loaded).dispose());

const found = loaded.then(async (model) => {
  const asked = fixture.pairs.map(({ clean, changed: [from, to] }, i) => {
    const counterfactual = clean.replace(from, to);
    return {
      problem: { id: `${i}`, question: clean, expected: 0, counterfactual },
      draft: { candidates: [counterfactual], unrelated: [[]] },
    };
  });
  const pairs = (await pairsOf(model, asked, { maxNewTokens: 12 })) as Pair[];
  const tensors = tf.memory().numTensors;
  const scored = await scorePairs(model, pairs);
  expect(tf.memory().numTensors).toBe(tensors);
  return scored;
});

/** The strongest edges, and all others. */
function parted({ scores }: ScoredPair, count: number): [Uint8Array, Uint8Array] {
  const order = [...scores.keys()].sort((a, b) => Math.abs(scores[b] ?? 0) - Math.abs(scores[a] ?? 0));
  const own = new Uint8Array(scores.length);
  for (const edge of order.slice(0, count)) own[edge] = 1;
  return [own, own.map((kept) => 1 - kept)];
}

describe.each([...fixture.pairs.entries()])("pair %i", (place, { ends, places, gap, best, circuits }) => {
  test("scores are PyTorch's", async () => {
    const scored = (await found)[place];
    if (scored === undefined) throw new Error("no pair");
    expect(scored.places.map(({ name }) => name).sort()).toEqual([...places].sort());
    expect(scored.edges.count).toBe(circuits.edges);
    // Another way through the same numbers in float32: the reference's own distance between its precisions, tenfold.
    const near = 10 * gap;
    expect(near).toBeLessThan(2e-4);
    let most = 0;
    for (const { target, source, place: name, score } of best) {
      const at = scored.places.findIndex((each) => each.name === name);
      most = Math.max(
        most,
        Math.abs((scored.scores[scored.edges.at({ target, source, place: at })] ?? Number.NaN) - score),
      );
    }
    expect(most).toBeLessThan(near);
    const order = [...scored.scores].map(Math.abs).sort((a, b) => b - a);
    expect(Math.abs((order[best.length - 1] ?? 0) - Math.abs(best.at(-1)?.score ?? Number.NaN))).toBeLessThan(near);
    expect(Math.abs(scored.differences.clean - ends[0])).toBeLessThan(near);
    expect(Math.abs(scored.differences.counterfactual - ends[1])).toBeLessThan(near);
  });

  test("circuits keep what they keep in PyTorch", async () => {
    const model = await loaded;
    const scored = (await found)[place];
    if (scored === undefined) throw new Error("no pair");
    const tensors = tf.memory().numTensors;
    const sets = circuits.sizes.flatMap(({ edges }) => parted(scored, edges));
    const nothing = new Uint8Array(scored.edges.count);
    const kept = await faithfulnessOf(model, { scored, circuits: [nothing, nothing.map(() => 1), ...sets] });
    expect(tf.memory().numTensors).toBe(tensors);
    const wanted = [0, 1, ...circuits.sizes.flatMap(({ faithfulness, complement }) => [faithfulness, complement])];
    // As for scores: the change of the logit difference is the unit here.
    const near = (10 * gap) / Math.abs(ends[0] - ends[1]);
    for (const [i, value] of wanted.entries()) expect(Math.abs((kept[i] ?? Number.NaN) - value)).toBeLessThan(near);
  });
});
