/** The Coconut on GPT-2 that the bench makes: the published sizes, and a checkpoint as ours reads it. */
// @needs nothing

import { expect, test } from "vitest";
import { questionsOf } from "../../bench/context.mjs";
import { ADDED, ensureGpt2, gpt2Tensors, SHAPE_GPT2, SHAPE_TINY_GPT2 } from "../../bench/make/random-gpt2.mjs";
import { promptsOf } from "../../bench/prompts.mjs";
import { openFolder } from "../../src/model/checkpoint/folder.js";
import { openCheckpoint } from "../../src/model/checkpoint/load.js";
import { temporaryFolder } from "../support/temporary.js";

test("GPT-2 small has as many weights as the published one, and three rows more", () => {
  const weights = gpt2Tensors(SHAPE_GPT2).reduce((sum, { length }) => sum + length, 0);
  // `sum(p.numel() for p in GPT2LMHeadModel(GPT2Config()).parameters())`.
  expect(weights - ADDED.length * SHAPE_GPT2.dModel).toBe(124_439_808);
});

test("the tiny one is read as a Coconut on GPT-2, and its questions have the lengths that are asked for", async () => {
  const folder = ensureGpt2(temporaryFolder("codilens-random-gpt2-"), "tiny", SHAPE_TINY_GPT2);
  const checkpoint = await openCheckpoint(openFolder(folder), { strict: true });
  const { vocab } = SHAPE_TINY_GPT2;
  expect(checkpoint.config).toMatchObject({ family: "gpt2", layers: 4, dModel: 64, tiedEmbeddings: true });
  expect(checkpoint.codi).toMatchObject({
    protocol: "coconut",
    numLatents: 6,
    botTokenId: vocab,
    eotTokenId: vocab + 1,
  });
  await checkpoint.close();
  const lengths = [16, 48, 64];
  const prompts = await promptsOf(folder, questionsOf(lengths), "coconut");
  expect(prompts.map((ids) => [ids.length, ids.at(-1)])).toEqual(lengths.map((length) => [length, vocab]));
});
