/** What a clean run's BOT, latents and EOT attend to equals the captured pattern, which is compared with PyTorch (test/parity). */
// @needs engine, time

import { afterAll, describe, expect, test } from "vitest";
import { CodiModel, type Condition, parseIntervention, tf } from "../../../src/index.js";
import { packAttention, unpackAttention } from "../../../src/studies/baseline/packed-attention.js";
import { modelFolder } from "../../support/parity.js";
import { loadTiny, questions } from "../../support/tiny.js";

const conditions: Condition[] = [
  { name: "baseline", interventions: [] },
  ...[0, 3].map((latent) => ({
    name: `zero ${latent}`,
    interventions: [parseIntervention(`zero:blocks.2.hook_resid_post@latent.${latent}`)],
  })),
];

describe.each(["codi", "seed"] as const)("reading under %s", (protocol) => {
  const loaded = loadTiny(protocol);
  afterAll(async () => (await loaded).dispose());

  test("is the pattern's rows of BOT, latents and EOT, for questions of different lengths beside other conditions", async () => {
    const model = await loaded;
    const before = tf.memory().numTensors;
    const results = await model.runConditions(questions, conditions, { readingLayers: [4, 14], maxNewTokens: 8 });
    expect(tf.memory().numTensors).toBe(before);
    for (const [place, question] of questions.entries()) {
      const clean = await model.run(question, {
        capture: ["blocks.4.attn.hook_pattern", "blocks.14.attn.hook_pattern"],
        maxNewTokens: 8,
      });
      expect([...(results[place]?.[1]?.reading.keys() ?? [])]).toEqual([]);
      for (const layer of [4, 14] as const) {
        const reading = results[place]?.[0]?.reading.get(layer);
        const { shape, data } = clean.captures.get(`blocks.${layer}.attn.hook_pattern`);
        const [, heads = 0, queries = 0, width = 0] = shape;
        const names = clean.layout.names;
        expect(reading?.readers).toEqual([
          ...(protocol === "codi" ? ["bot"] : []),
          "latent.0",
          "latent.1",
          "latent.2",
          "latent.3",
          "latent.4",
          "latent.5",
          "eot",
        ]);
        expect(reading?.keys).toEqual(names.slice(0, names.indexOf("eot")));
        const keys = reading?.keys.length ?? 0;
        let most = 0;
        for (const [reader, name] of (reading?.readers ?? []).entries())
          for (let head = 0; head < heads; head++)
            for (let key = 0; key < keys; key++) {
              const ours = reading?.values[(reader * heads + head) * keys + key] ?? Number.NaN;
              const captured = data[(head * queries + names.indexOf(name)) * width + key] ?? Number.NaN;
              most = Math.max(most, Math.abs(ours - captured));
            }
        expect(most).toBeLessThan(1e-5);
      }
    }
  });
});

test("with EOS after EOT, `eot` reads what the answer is predicted from: the last of the two", async () => {
  const model = await CodiModel.load(modelFolder("single-kv-lora"));
  try {
    const site = "blocks.1.attn.hook_pattern";
    const { reading, captures, layout } = await model.run("Ann has 2 cups.", { readingLayers: [1], capture: [site] });
    const { shape, data } = captures.get(site);
    const [, heads = 0, queries = 0, width = 0] = shape;
    const read = reading.get(1);
    const keys = read?.keys.length ?? 0;
    expect(layout.names.slice(keys, keys + 2)).toEqual(["eot", "eot.1"]);
    expect(read?.readers).toEqual(["bot", ...[0, 1, 2, 3, 4, 5].map((k) => `latent.${k}`), "eot"]);
    const rowOf = (head: number, query: number): number[] => [
      ...data.subarray((head * queries + query) * width, (head * queries + query) * width + keys),
    ];
    for (let head = 0; head < heads; head++) {
      const own = read?.values.subarray((7 * heads + head) * keys, (7 * heads + head + 1) * keys);
      expect([...(own ?? [])]).toEqual(rowOf(head, keys + 1));
      expect([...(own ?? [])]).not.toEqual(rowOf(head, keys));
    }
  } finally {
    model.dispose();
  }
});

describe("packed attention", () => {
  test("comes back within half a step of the root; ends are exact", () => {
    const values = Float32Array.from({ length: 1001 }, (_, i) => i / 1000);
    const back = unpackAttention(packAttention(values));
    expect(back[0]).toBe(0);
    expect(back[1000]).toBe(1);
    for (const [i, value] of values.entries())
      expect(Math.abs(Math.sqrt(back[i] ?? -1) - Math.sqrt(value))).toBeLessThanOrEqual(0.5 / 63 + 1e-7);
  });

  test("any other text is refused", () => expect(() => unpackAttention("AB!")).toThrow(RangeError));
});
