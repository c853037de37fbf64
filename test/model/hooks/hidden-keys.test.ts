/** Knockouts as masks, beside the same knockouts written over the pattern by a callback, which takes the weights away and divides by the rest. */
// @needs engine

import { afterAll, describe, expect, test } from "vitest";
import { at, CodiModel, type Condition, type Hook } from "../../../src/index.js";
import type { Tensor } from "../../../src/model/tensor/tf.js";
import { tf } from "../../../src/model/tensor/tf.js";
import { callsOf } from "../../support/engine-calls.js";
import { problems } from "../../support/tiny.js";

const loaded = CodiModel.load("weights/tiny-codi");
const questions = problems.slice(0, 3).map(({ question }) => question);
const PATTERN = "attn.hook_pattern";
const RESIDUAL = "blocks.15.hook_resid_post";

afterAll(async () => {
  (await loaded).dispose();
});

/** Takes keys away by a callback. @param keys columns of the key axis. */
function byHand(layer: number, address: ReturnType<typeof at.latent> | typeof at.eot, keys: readonly number[]): Hook {
  return {
    site: `blocks.${layer}.${PATTERN}`,
    addresses: [address],
    id: `without ${keys.join("+")} in ${layer}`,
    name: "without keys",
    apply: (x: Tensor) => {
      const kept = tf.tensor1d(Array.from({ length: x.shape[3] ?? 0 }, (_, key) => (keys.includes(key) ? 0 : 1)));
      const rest = tf.mul(x, kept);
      return tf.div(rest, tf.sum(rest, 3, true));
    },
  };
}

function farthest(x: readonly number[], y: readonly number[]): number {
  return x.reduce((most, value, i) => Math.max(most, Math.abs(value - (y[i] ?? Number.NaN))), 0);
}

function knockout(name: string, ...interventions: readonly string[]): Condition {
  return { name, interventions } as unknown as Condition;
}

describe("a knockout that renormalises", () => {
  test.each([
    ["several keys in one block", [[3, 2, [0, 1, 2, 5]]]],
    [
      "keys in several blocks",
      [
        [0, 2, [1, 4]],
        [7, 3, [0]],
        [15, 5, [0, 2, 3, 6]],
      ],
    ],
  ] as const)("gives what the pattern written over by hand gives: %s", async (_what, cuts) => {
    const model = await loaded;
    const [question = ""] = questions;
    const [layer, latent] = cuts.at(-1) ?? [0, 0];
    const site = `blocks.${layer}.attn.hook_z` as const;
    const valuesOf = async (edits: object): Promise<number[]> => {
      const { captures } = await model.run(question, { ...edits, capture: [site], maxNewTokens: 4 });
      return Array.from(captures.at(site, at.latent(latent)).data);
    };
    const interventions = cuts.map(
      ([block, k, keys]) =>
        `knockout(latent.${k}→${keys.map((key) => `question.${key}`).join("+")}):blocks.${block}.${PATTERN}@latent.${k}`,
    );
    const clean = await valuesOf({});
    const masked = await valuesOf({ interventions });
    const written = await valuesOf({ hooks: cuts.map(([block, k, keys]) => byHand(block, at.latent(k), keys)) });
    const apart = farthest(masked, clean);
    expect(apart).toBeGreaterThan(0.01);
    expect(farthest(masked, written)).toBeLessThan(apart / 1000);
  });

  test("leaves the other rows of its batch their exact bits, and fires on its own", async () => {
    const model = await loaded;
    const cut = knockout("cut", `knockout(eot→latent.1):blocks.*.${PATTERN}@eot`);
    const zeroed = knockout("zeroed", "zero:blocks.8.hook_resid_post@latent.1");
    const capture = [RESIDUAL];
    const [[, alone] = []] = await model.runConditions([questions[0] ?? ""], [knockout("clean"), zeroed], { capture });
    const [[, beside, own] = []] = await model.runConditions([questions[0] ?? ""], [knockout("clean"), zeroed, cut], {
      capture,
    });
    expect(beside?.captures.at(RESIDUAL, at.latent(1)).data).toEqual(alone?.captures.at(RESIDUAL, at.latent(1)).data);
    const positions = own?.layout.parts.eot ?? Number.NaN;
    expect(own?.fired.map(({ planned, count }) => [planned, count])).toEqual(
      Array.from({ length: model.config.layers }, () => [positions, positions]),
    );
  });

  test("shows the pattern without the keys to whoever looks, and is written over by hand where a callback acts on the row too", async () => {
    const model = await loaded;
    const [question = ""] = questions;
    const text = `knockout(latent.2→question.3):blocks.4.${PATTERN}@latent.2`;
    const site = `blocks.4.${PATTERN}`;
    const { captures } = await model.run(question, { interventions: [text], capture: [site], maxNewTokens: 4 });
    const pattern = captures.at(site, at.latent(2));
    const keys = pattern.shape.at(-1) ?? 0;
    for (let head = 0; head < model.config.heads; head++) {
      const row = Array.from(pattern.data.slice(head * keys, (head + 1) * keys));
      expect(row[3]).toBe(0);
      expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
    }
    // Doubled after the cut, by a callback on the same row: the order in which they are given holds.
    const doubled: Hook = {
      ...{ site, addresses: [at.latent(2)], id: "doubled", name: "doubled" },
      apply: (x: Tensor) => tf.mul(x, 2),
    };
    const both = await model.run(question, {
      interventions: [text],
      hooks: [doubled],
      capture: [site],
      maxNewTokens: 4,
    });
    const twice = Array.from(both.captures.at(site, at.latent(2)).data);
    for (const [i, weight] of twice.entries()) expect(weight).toBeCloseTo(2 * (pattern.data[i] ?? Number.NaN), 5);
  });

  test("is no call of its own", async () => {
    const model = await loaded;
    const conditions = [
      knockout("clean"),
      ...[0, 1, 2].map((k) => knockout(`${k}`, `knockout(eot→latent.${k}):blocks.*.${PATTERN}@eot`)),
    ];
    const raw = conditions.map(({ name, interventions }) => ({
      name,
      interventions: (interventions as unknown as string[]).map((each) => each.replace(/\):/, ",raw):")),
    })) as unknown as Condition[];
    const run = (some: readonly Condition[]): Promise<unknown> =>
      model.runConditions([questions[1] ?? ""], some, { maxNewTokens: 8 });
    for (let time = 0; time < 6; time++) {
      await run(conditions);
      await run(raw);
    }
    const masked = await callsOf(() => run(conditions).then(() => undefined));
    const written = await callsOf(() => run(raw).then(() => undefined));
    expect(masked.ops).toBeLessThan(written.ops / 2);
  });
});
