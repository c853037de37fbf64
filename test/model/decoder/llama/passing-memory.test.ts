/** What passes through one block is freed before the next one, so that a long prompt holds one block's activations and not all of them. */
// @needs engine

import { afterAll, expect, test } from "vitest";
import { at, hook, tf } from "../../../../src/index.js";
import { loadTiny, question } from "../../../support/tiny.js";

const loaded = loadTiny();
afterAll(async () => (await loaded).dispose());

test("between two blocks of a forward only keys and values are left over", async () => {
  const model = await loaded;
  const { layers, kvHeads, dHead } = model.config;
  const bytes: number[] = [];
  const positions = model.promptIds(question).length;
  const look = (layer: number): ReturnType<typeof hook> =>
    hook(`blocks.${layer}.hook_resid_pre`, at.bot, () => void bytes.push(tf.memory().numBytes));
  await model.run(question, { maxNewTokens: 1, hooks: Array.from({ length: layers }, (_, layer) => look(layer)) });
  const growth = bytes.slice(1).map((now, layer) => now - (bytes[layer] ?? 0));
  const keys = 4 * 2 * kvHeads * dHead * positions;
  // The residual stream itself, as the hook sees it and as the block takes it, beside the keys.
  const residual = 4 * model.config.dModel * positions;
  expect(growth).toHaveLength(layers - 1);
  expect(Math.min(...growth.slice(1))).toBeGreaterThanOrEqual(keys);
  expect(Math.max(...growth.slice(1))).toBeLessThanOrEqual(keys + 4 * residual);
});
