/** Runs take interventions as text, data and functions alike, together with what these hold. */
// @needs engine, time

import { afterAll, describe, expect, test } from "vitest";
import {
  add,
  at,
  CodiModel,
  type GivenCondition,
  type Intervention,
  parseIntervention,
  patch,
  project,
  replace,
  site,
  swap,
  tf,
  zero,
} from "../../../src/index.js";
import { modelFolder } from "../../support/parity.js";

const QUESTIONS = ["Tom has 3 pens and buys 4 more. How many?", "Ann has 2 cups. How many?"];
const [QUESTION = ""] = QUESTIONS;
const loaded = CodiModel.load(modelFolder("grouped-llama3"));
afterAll(async () => (await loaded).dispose());

const stream = site.block(1).residPost;
const z = site.block(1).attn.z;
const vector = Float32Array.from({ length: 32 }, (_, i) => Math.sin(1e4 * (i + 1)));
const common = { capture: ["hook_logits"], maxNewTokens: 3 } as const;

/** Equal to float32's noise between rows of a batch; an intervention moves some logit by more. */
function isSame(a: Float32Array | undefined, b: Float32Array | undefined): boolean {
  return a !== undefined && b !== undefined && a.every((x, i) => Math.abs(x - (b[i] ?? Number.NaN)) < 1e-3);
}

test("conditions take text, data and functions, and give the same for each", async () => {
  const text = "zero:blocks.1.attn.hook_z[head.1]@latent.2";
  const conditions: GivenCondition[] = [
    { name: "text", interventions: [text] },
    { name: "data", interventions: [parseIntervention(text)] },
    { name: "function", interventions: [zero(z, "latent.2", { head: 1 })] },
    { name: "value", interventions: [replace(z, at.latent(2), { by: new Float32Array(8), head: 1 })] },
    { name: "baseline", interventions: [] },
  ];
  const [row = []] = await (await loaded).runConditions([QUESTION], conditions, common);
  const logits = row.map(({ captures }) => captures.get("hook_logits").data);
  expect(logits.map((each) => isSame(each, logits[0]))).toEqual([true, true, true, true, false]);
});

test("what is outside a scope keeps its exact bits, what is inside is changed", async () => {
  const capture = [z];
  const model = await loaded;
  const conditions = [
    { name: "baseline", interventions: [] },
    { name: "scoped", interventions: ["scale(3):blocks.1.attn.hook_z[head.2,dims.1+5-6]@latent.2"] },
  ];
  const [[clean, scoped] = []] = await model.runConditions([QUESTION], conditions, { ...common, capture });
  const [before, after] = [clean, scoped].map((run) => run?.captures.at(z, at.latent(2)).data ?? []);
  expect(before).toHaveLength(4 * 8);
  for (const [i, value] of [...(before ?? [])].entries()) {
    const isInside = Math.floor(i / 8) === 2 && [1, 5, 6].includes(i % 8);
    expect([i, after?.[i]]).toEqual([i, isInside ? Math.fround(3 * value) : value]);
  }
});

test("random keeps the length within its scope", async () => {
  const model = await loaded;
  const conditions = ["head.2", "head.2,dims.0-3"].map((scope) => ({
    name: scope,
    interventions: [`random:blocks.1.attn.hook_z[${scope}]@latent.2`],
  }));
  const given = [{ name: "baseline", interventions: [] }, ...conditions];
  const [[clean, head, dims] = []] = await model.runConditions([QUESTION], given, { ...common, capture: [z] });
  const part = (run: typeof clean, size: number): number[] => [
    ...(run?.captures.at(z, at.latent(2)).data.slice(16, 16 + size) ?? []),
  ];
  for (const [run, size] of [
    [head, 8],
    [dims, 4],
  ] as const) {
    expect(Math.hypot(...part(run, size))).toBeCloseTo(Math.hypot(...part(clean, size)), 4);
    expect(part(run, size)).not.toEqual(part(clean, size));
  }
});

test("a run serves every question, or each has its own; a tensor of the engine is a vector", async () => {
  const model = await loaded;
  const sources = await model.runBatch(QUESTIONS, { ...common, capture: [stream] });
  const logitsOf = async (interventions: GivenCondition["interventions"]): Promise<Float32Array[]> =>
    (await model.runBatch(QUESTIONS, { ...common, interventions })).map(
      ({ captures }) => captures.get("hook_logits").data,
    );
  const clean = await logitsOf([]);
  // Each one's own states change nothing; the other's change the other one.
  const own = await logitsOf([patch(stream, at.latent(), { run: sources })]);
  const first = sources[0];
  if (first === undefined) throw new Error("no run");
  const one = await logitsOf([patch(stream, at.latent(), { run: first })]);
  expect(clean.map((each, i) => isSame(each, own[i]))).toEqual([true, true]);
  expect(clean.map((each, i) => isSame(each, one[i]))).toEqual([true, false]);
  const swapped = await logitsOf([
    swap(stream, at.latent(), { run: sources, subspace: [[...vector], [...vector].reverse()] }),
  ]);
  expect(clean.map((each, i) => isSame(each, swapped[i]))).toEqual([true, true]);

  const tensor = tf.tensor1d(vector);
  const made = add(stream, at.latent(), { vector: tensor });
  tensor.dispose();
  expect(made).toEqual(add(stream, at.latent(), { vector }));
});

describe("refused before anything is computed", () => {
  const cases: [string, () => GivenCondition["interventions"], RegExp][] = [
    ["a head that is not there", () => [zero(z, at.bot, { head: 4 })], /head 4 is out of range/],
    ["a head of keys and values", () => [zero(site.block(1).attn.k, at.bot, { head: 2 })], /head 2 is out of range/],
    [
      "heads of the stream",
      () => [zero(stream, at.bot, { head: 0 })],
      /site "blocks\.1\.hook_resid_post" has no heads/,
    ],
    ["a dimension that is not there", () => [zero(stream, at.bot, { dims: [31, 32] })], /dimension 32 is out of range/],
    [
      "dimensions of a pattern",
      () => [zero(site.block(1).attn.pattern, at.bot, { dims: [0] })],
      /counts keys, not dimensions/,
    ],
    ["keys of the stream", () => [zero(stream, at.bot, { keys: at.bot })], /has no keys/],
    [
      "keys of a knockout",
      () => ["knockout(eot→bot):blocks.1.attn.hook_pattern[keys.bot]@eot"],
      /names its keys itself/,
    ],
    ["a head named twice", () => ["patch(a,head.1):blocks.1.attn.hook_z[head.1]@bot"], /the head is named twice/],
    [
      "a whole site's value in a head",
      () => [add(z, at.bot, { vector, head: 1 })],
      /has shape \[32\], wanted \[8\] or \[positions, 8\]/,
    ],
    [
      "a subspace of another width",
      () => [project(z, at.bot, { out: [...vector], head: 1 })],
      /directions of 32 numbers, the site and its scope have 8/,
    ],
    [
      "a subspace of three axes",
      () => [project(stream, at.bot, { out: { shape: [1, 1, 32], data: vector } })],
      /has shape \[1, 1, 32\], wanted \[k, d\]/,
    ],
    [
      "dependent directions",
      () => [project(stream, at.bot, { onto: [[...vector], [...vector].map((x) => -2 * x)] })],
      /direction 1 of 2 adds nothing to those before it/,
    ],
    [
      "a direction of zeros",
      () => [project(stream, at.bot, { out: new Float32Array(32) })],
      /direction 0 of 1 adds nothing/,
    ],
    [
      "a direction of NaN",
      () => [project(stream, at.bot, { out: new Float32Array(32).fill(Number.NaN) })],
      /holds NaN or infinity/,
    ],
    ["a projection of a pattern", () => ["project(out,v):blocks.1.attn.hook_pattern@bot"], /project is not defined on/],
    ["a subspace that was not given", () => ["project(out,w):blocks.1.hook_resid_post@bot"], /no value named "w"/],
    [
      "a run that was not given",
      () => ["swap(v,other):blocks.1.hook_resid_post@bot"],
      /0 runs named "other" for 1 questions/,
    ],
    ["something else", () => [{ operation: { kind: "zero" } } as unknown as Intervention], /is not usable: site/],
  ];
  test.each(cases)("%s", async (_, made, sentence) => {
    const options = { ...common, values: { v: { shape: [32], data: vector } }, interventions: made() };
    await expect((await loaded).run(QUESTION, options)).rejects.toThrow(sentence);
  });

  test("one name for two values, and conditions that are none", async () => {
    const model = await loaded;
    const made = add(stream, at.bot, { vector });
    const [name = ""] = Object.keys(made.values);
    const other = { [name]: { shape: [32], data: new Float32Array(32) } };
    await expect(model.run(QUESTION, { interventions: [made], values: other })).rejects.toThrow(
      /^Two values are named "vector-/,
    );
    await expect(
      model.run(QUESTION, { ...common, interventions: [made, made], values: { ...made.values } }),
    ).resolves.toBeDefined();
    for (const wrong of ["zero:hook_embed@bot", { name: "zero" }, { interventions: [] }, null])
      await expect(model.runConditions([QUESTION], [wrong as unknown as GivenCondition], common)).rejects.toThrow(
        /condition/,
      );
  });
});
