/** tiny-codi in a larger shape, against the answers that PyTorch gave for tiny-codi itself. */
// @needs engine, time

import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ensureBlownUp } from "../../bench/make/blown-up.mjs";
import { placementOf, sizesProblem } from "../../bench/make/placement.mjs";
import { SHAPE_1B, SHAPE_TINY } from "../../bench/make/random-checkpoint.mjs";
import { CodiModel, parseIntervention } from "../../src/index.js";
import { temporaryFolder } from "../support/temporary.js";

interface Row {
  readonly question: string;
  readonly reference: { answer_ids: number[]; lens: string[]; zeroed_layer8: number[][] };
}

// Every rule has its case: a block more, twice the width, twice the head, more key heads, more query heads for each.
const SHAPE = { layers: 17, dModel: 128, dMlp: 200, heads: 9, kvHeads: 3, dHead: 32, vocab: 8000 };
const rows = readFileSync("weights/tiny-codi/problems_100.jsonl", "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Row);
const questions = rows.map(({ question }) => question);
const folder = join(temporaryFolder("codilens-blown-up-"), "model");
const loaded = ensureBlownUp(folder, SHAPE).then(() => CodiModel.load(folder));
afterAll(async () => (await loaded).dispose());

describe("tiny-codi blown up", () => {
  test("has the shape that was asked for, and its zeros take no room on the disk", async () => {
    const model = await loaded;
    const { vocab, ...sizes } = SHAPE;
    expect(model.config).toMatchObject({ ...sizes, vocabSize: vocab + 3 });
    // Half of the squares are zero, so their mean is half as large, and what is added to it too.
    const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as { rms_norm_eps: number };
    expect(config.rms_norm_eps).toBeCloseTo(1e-5 / 2, 12);
    const { size, blocks } = statSync(join(folder, "model.safetensors"));
    const added = 4 * SHAPE.dModel * (vocab - 525);
    expect(blocks * 512).toBeLessThan(size - 0.9 * added);
    expect(existsSync(`${folder}.draft`)).toBe(false);
  });

  test("all 100 answers and the head's choices at BOT and each latent equal the reference's", async () => {
    const results = await (await loaded).runBatch(questions, { lens: true });
    expect(results.map(({ answer }) => answer.ids)).toEqual(rows.map(({ reference }) => reference.answer_ids));
    expect(results.map(({ lens }) => lens.map(({ top }) => top[0]?.text))).toEqual(
      rows.map(({ reference }) => reference.lens),
    );
  });

  test("the answers of every fourth problem with block 8 zeroed at a latent equal the reference's", async () => {
    const some = rows.filter((_, i) => i % 4 === 0);
    const conditions = [0, 1, 2, 3, 4, 5].map((k) => ({
      name: `zero ${k}`,
      interventions: [parseIntervention(`zero:blocks.8.hook_resid_post@latent.${k}`)],
    }));
    const results = await (await loaded).runConditions(
      some.map(({ question }) => question),
      conditions,
      { maxNewTokens: 12 },
    );
    expect(results.map((row) => row.map(({ answer }) => answer.ids))).toEqual(
      some.map(({ reference }) => reference.zeroed_layer8),
    );
  });
});

test("after the last of its own blocks the stream holds tiny-codi's values, and zeros beside them", async () => {
  using tiny = await CodiModel.load("tiny-codi");
  const name = "blocks.15.hook_resid_post";
  const [own, large] = await Promise.all(
    [tiny, await loaded].map(async (model) =>
      (await model.run(questions[0] ?? "", { capture: [name] })).captures.get(name),
    ),
  );
  const values = (of: typeof own, width: number, part: (place: number) => boolean): number[] =>
    [...(of?.data ?? [])].filter((_, i) => part(i % width));
  const [expected, found] = [values(own, 64, () => true), values(large, 128, (place) => place < 64)];
  expect(found.length).toBe(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  const apart = found.map((value, i) => Math.abs(value - (expected[i] ?? Number.NaN)));
  expect(Math.max(...apart) / largest).toBeLessThan(1e-4);
  expect(values(large, 128, (place) => place >= 64).every((value) => value === 0)).toBe(true);
});

describe("where a number goes", () => {
  const small = { ...SHAPE_TINY, layers: 16, vocab: 525 };

  test("at the 1B shape a head of 16 has its frequencies at every fourth pair of 64", () => {
    const [queries] = placementOf("codi.model.layers.0.self_attn.q_proj.weight", { small, large: SHAPE_1B }).axes;
    const pairs = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => [queries?.targets[i]?.[0], queries?.targets[i + 8]?.[0]]);
    expect(pairs).toEqual([0, 4, 8, 12, 16, 20, 24, 28].map((i) => [i, i + 32]));
    // Head 2 is the first that reads key head 1, which four heads read at 1B.
    expect(queries?.targets[32]).toEqual([4 * 64]);
  });

  test("the projection's second product has each of its rows 32 times, RMSNorm's weights are over √32", () => {
    const sizes = { small, large: SHAPE_1B };
    expect(placementOf("prj.3.bias", sizes).axes[0]?.targets[5]).toEqual(
      Array.from({ length: 32 }, (_, i) => 5 + 64 * i),
    );
    expect(placementOf("codi.model.norm.weight", sizes).factor).toBeCloseTo(1 / Math.sqrt(32), 15);
  });

  test.each([
    [{ layers: 8 }, "layers 8 does not hold 16"],
    [{ dModel: 100 }, "dModel 100 is no multiple of 64"],
    [{ heads: 8 }, "1 query heads for each key head do not hold 2"],
  ])("a shape with %j is refused", (change, problem) => {
    expect(sizesProblem({ small, large: { ...SHAPE_1B, ...change } })).toBe(problem);
  });

  test("a tensor that is not known is refused by name", () => {
    expect(() => placementOf("codi.model.layers.0.self_attn.q_proj.bias", { small, large: SHAPE_1B })).toThrow(
      "q_proj.bias",
    );
  });
});
