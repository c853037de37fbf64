/** A dropped trace: what `codilens trace --out` wrote is read back, and what is no trace is refused in one sentence. */
// @needs engine, time

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { writeTrace } from "../../../src/cli/trace-file.js";
import { CodiModel, type RunResult } from "../../../src/index.js";
import { readTrace } from "../../../src/lab/files/trace.js";
import { writeSafetensors } from "../../../src/model/checkpoint/write-safetensors.js";
import { temporaryFolder } from "../../support/temporary.js";

const QUESTION = "Tom has 3 pens. Tom buys 4 more. How many pens does Tom have now?";
const folder = temporaryFolder("codilens-dropped-trace-");
let result: RunResult;

beforeAll(async () => {
  using model = await CodiModel.load("weights/tiny-codi");
  result = await model.run(QUESTION, { capture: ["latents.hook_input", "hook_logits", "blocks.8.hook_resid_post"] });
  for (const name of ["t.safetensors", "t.npz"]) writeTrace(join(folder, name), { model, result });
});

describe.each(["t.safetensors", "t.npz"])("%s", (name) => {
  test("has the run's question, answer, tensors, norms and probabilities", async () => {
    const trace = await readTrace(name, new Blob([readFileSync(join(folder, name))]));
    expect(trace).toMatchObject({ question: QUESTION, answer: result.answer.text, protocol: "codi" });
    expect(trace.positions).toEqual(result.layout.names);
    expect(trace.tensors.find((each) => each.name === "blocks.8.hook_resid_post")).toEqual({
      name: "blocks.8.hook_resid_post",
      dtype: "F32",
      shape: [result.layout.names.length, 64],
      axes: ["position", "dModel"],
    });
    const inputs = result.captures.get("latents.hook_input").data;
    const norms = [0, 1, 2, 3, 4, 5].map((k) =>
      Math.sqrt(inputs.subarray(64 * k, 64 * k + 64).reduce((sum, each) => sum + each * each, 0)),
    );
    for (const [k, { norm }] of trace.latentNorms.entries()) expect(norm).toBeCloseTo(norms[k] ?? Number.NaN, 4);
    expect(trace.words.map(({ text }) => text).join("")).toContain(result.answer.text);
    for (const [k, { probability }] of trace.words.entries())
      expect(Math.log(probability)).toBeCloseTo(result.answer.tokens[k]?.logProb ?? Number.NaN, 4);
  });
});

describe("what is no trace", () => {
  const made = (metadata: Readonly<Record<string, string>>): Blob =>
    new Blob([
      writeSafetensors([{ name: "x", dtype: "F32", shape: [1], data: new Float32Array(1) }], metadata) as BlobPart,
    ]);
  const whole = {
    schema: "2",
    question: "q",
    protocol: "codi",
    answer: "a",
    positions: "[]",
    latents: "[]",
    predicting: "[]",
    tokens: '{"prompt":[],"answer":[]}',
    axes: "{}",
  };

  test("a whole one without tensors of latents is read", async () => {
    expect(await readTrace("t.safetensors", made(whole))).toMatchObject({ question: "q", latentNorms: [], words: [] });
  });

  test.each([
    [{}, /is no trace: its texts lack "schema"/],
    [{ ...whole, schema: "3" }, /it has trace schema "3", this page reads 2/],
    [{ ...whole, tokens: "{" }, /its text "tokens" is not JSON/],
    [{ ...whole, tokens: "[]" }, /tokens is no object/],
    [{ ...whole, positions: "[1]" }, /positions is no list of texts/],
    [{ ...whole, axes: '{"x":"position"}' }, /axes is no list of texts/],
  ])("is refused in one sentence (%#)", async (metadata, sentence) => {
    await expect(readTrace("t.safetensors", made(metadata))).rejects.toThrow(sentence);
  });

  test("tensors of other sizes than its texts say are refused", async () => {
    const vector = (name: string, shape: readonly number[]) => ({
      ...{ name, dtype: "F32" as const, shape },
      data: new Float32Array(shape.reduce((product, n) => product * n, 1)),
    });
    const of = (tensors: Parameters<typeof writeSafetensors>[0], more: Readonly<Record<string, string>>): Blob =>
      new Blob([writeSafetensors(tensors, { ...whole, ...more }) as BlobPart]);
    const inputs = of([vector("latents.hook_input", [3, 4])], { latents: '["latent.0","latent.1"]' });
    await expect(readTrace("t.safetensors", inputs)).rejects.toThrow(
      /hook_input has the shape \[3, 4\], wanted 2 rows/,
    );
    const logits = of([vector("logits", [3, 9]), vector("tokens.answer", [2])], {
      tokens: '{"prompt":[],"answer":["a","b"]}',
    });
    await expect(readTrace("t.safetensors", logits)).rejects.toThrow(/logits has the shape \[3, 9\], wanted 2 rows/);
  });

  test("a model's weights are no trace", async () => {
    const weights = new Blob([readFileSync("weights/tiny-codi/model.safetensors")]);
    await expect(readTrace("model.safetensors", weights)).rejects.toThrow(/is no trace: its texts lack "schema"/);
  });
});
