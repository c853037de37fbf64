/** Work of the bare loop, counted by hand and by what the engine was given. */
// @needs engine

import { expect, test } from "vitest";
import { bareLoop, tokenFlops, usefulFlops } from "../../bench/work.mjs";
import { CodiModel } from "../../src/index.js";
import { startProfile } from "../../src/model/tensor/profile.js";

test("a prompt counts once, a latent by the rows that differ, an answer by its tokens", () => {
  // 10 prompt tokens; latent 0: the clean row and the upper half of the first ablated one, latent 1: one row more; 3 + 2 + 4 tokens.
  const bare = bareLoop({ prompts: [10], answers: [[3, 2, 4]], layer: 1 }, { layers: 4 });
  expect(bare).toEqual({ tokenForwards: 10 + 1.5 + 2.5 + 9, heads: 9, projections: 3 });
  const each = { blocks: 100, head: 10, projection: 1 };
  expect(usefulFlops(bare, each)).toBe(2300 + 90 + 3);
  // Problems add up, and the last block leaves a row nothing to itself.
  const two = bareLoop(
    {
      prompts: [10, 5],
      answers: [
        [3, 2, 4],
        [1, 1, 1],
      ],
      layer: 3,
    },
    { layers: 4 },
  );
  expect(two.tokenForwards).toBe(10 + 5 + 2 * (1 + 2) + 9 + 3);
});

test("a run of one row feeds its prompt, its latents, EOT and its answer once, and its products are theirs", async () => {
  using model = await CodiModel.load("tiny-codi");
  const { config, codi } = model;
  const each = tokenFlops(config, config.vocabSize + codi.rowsAdded);
  const question = "Tom has 8 marbles. Tom sells 3. Tom sells 1. How many marbles does Tom have now?";
  let fed = 0;
  const stop = startProfile();
  const { promptIds, answer } = await model.run(question, {
    onForward: (tokenForwards) => {
      fed += tokenForwards;
    },
  });
  const { calls } = stop?.() ?? { calls: [] };
  const latents = codi.numLatents;
  expect(fed).toBe(promptIds.length + latents + answer.ids.length);
  const ofWeights = calls.filter(({ op, flops }) => op === "MatMul" && flops % each.head !== 0);
  const products = ofWeights.reduce((total, { flops }) => total + flops, 0);
  expect(products).toBe(fed * each.blocks + latents * each.projection);
});

test("a token's products are those of its weights", () => {
  const shape = { layers: 2, dModel: 8, dMlp: 16, heads: 4, kvHeads: 2, dHead: 2 };
  // Queries and outputs 8 × 8 each, keys and values 4 × 8 each, three of 16 × 8; twice for multiplying and adding.
  expect(tokenFlops(shape, 100)).toEqual({ blocks: 2 * 2 * (64 + 64 + 32 + 32 + 384), head: 1600, projection: 256 });
});
