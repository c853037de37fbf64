/** The page's session on other families and protocols: what it reads sums to what the model computed, and nothing is asked that a model lacks. */
// @needs engine

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CodiModel } from "../../src/index.js";
import { cleanState } from "../../src/lab/edits/edit.js";
import { LabSession } from "../../src/lab/session/lab-session.js";
import { openSafetensors } from "../../src/model/checkpoint/safetensors.js";
import { filesFromBytes } from "../../src/model/checkpoint/source.js";
import { modelFolder } from "../support/parity.js";

const QUESTION = "Tom has 3 pens. He buys 4. How many?";
const quiet = { onNotice: () => undefined };

describe.each([
  ["gpt2-codi", "gpt2-base", "projection"],
  ["gpt2-coconut", "gpt2-base", "identity"],
  ["gpt2-pause", "gpt2-base", "constant"],
  ["llama-coconut", "llama-base", "identity"],
  ["qwen2-codi", "qwen2-base", "projection"],
] as const)("%s", (name, base, feedback) => {
  test("a latent's cells, with positions and biases, add up to the logit of its word and to the next input", async () => {
    using model = await CodiModel.load(modelFolder(name), { base: modelFolder(base), ...quiet });
    const session = new LabSession(model);
    expect(session.facts).toMatchObject({
      feedback,
      hasBos: name === "llama-coconut",
      load: { protocol: model.protocol },
    });
    const latent = 1;
    const cells = [];
    for (let block = 0; block < session.facts.blocks; block++)
      cells.push(await session.cell(QUESTION, { block, latent }));
    const parts = cells.flatMap(({ components }) => components);
    const [first] = cells;
    const run = await model.run(QUESTION, { maxNewTokens: 4, components: true });
    const next = run.components?.embed.get("latent.2") ?? new Float32Array();
    const square = next.reduce((sum, x) => sum + x * x, 0);
    const isFed = feedback !== "constant";
    const [word, input] = await model.attribute(run, [
      { kind: "logit", position: "latent.1", token: first?.word.id ?? 0 },
      ...(isFed ? [{ kind: "input" as const, latent: 2, along: next.map((x) => x / square) }] : []),
    ]);
    const rest = (all: typeof word): number => (all?.embed ?? 0) + (all?.biases?.finalNorm ?? 0) + (all?.bias ?? 0);
    const sum = parts.reduce((all, { toWord }) => all + toWord, rest(word));
    expect(Math.abs(sum - (first?.word.logit ?? Number.NaN))).toBeLessThan(1e-4);
    const fed = parts.map(({ toNext }) => toNext);
    if (!isFed) expect(new Set(fed)).toEqual(new Set([null]));
    // The input's share of itself is one.
    else expect(fed.reduce<number>((all, share) => all + (share ?? Number.NaN), rest(input))).toBeCloseTo(1, 4);
    expect(parts.some(({ kind }) => kind === "bias")).toBe(name.startsWith("gpt2"));
  });
});

test("the bias beside the heads is the file's own, and the position its row", async () => {
  const folder = modelFolder("gpt2-latents");
  using model = await CodiModel.load(folder, quiet);
  const file = await openSafetensors(
    await filesFromBytes("m", { f: readFileSync(join(folder, "model.safetensors")) }).open("f"),
  );
  const named = async (end: string): Promise<number[]> => {
    const name = [...file.tensors.keys()].find((each) => each.endsWith(end)) ?? "";
    return Array.from((await file.read(name)).data);
  };
  const norm = (values: readonly number[]): number => Math.hypot(...values);
  const session = new LabSession(model);
  const { positions } = await session.open(QUESTION);
  const { components } = await session.cell(QUESTION, { block: 0, latent: 0 });
  const of = (kind: string): number => components.find((each) => each.kind === kind)?.norm ?? Number.NaN;
  expect(of("bias")).toBeCloseTo(norm(await named("h.0.attn.c_proj.bias")), 4);
  const place = positions.findIndex(({ name }) => name === "latent.0");
  const width = model.config.dModel;
  expect(of("position")).toBeCloseTo(norm((await named("wpe.weight")).slice(place * width, (place + 1) * width)), 4);
});

test("without latents there is nothing of them, and an edge can be cut", async () => {
  using model = await CodiModel.load(modelFolder("gpt2-stage0"), {
    base: modelFolder("gpt2-base"),
    protocol: "none",
    ...quiet,
  });
  const session = new LabSession(model);
  expect(session.facts).toMatchObject({ latents: 0, load: { protocol: "none" } });
  const view = await session.open(QUESTION);
  expect([view.latents, view.lens.flat(), view.bot]).toEqual([[], [], []]);
  const [eot] = view.positions.filter(({ part }) => part === "eot");
  expect([eot?.text, view.tokens.length]).toEqual(["\n", model.promptIds(QUESTION).length - 1]);
  await expect(session.cell(QUESTION, { block: 0, latent: 0 })).rejects.toThrow(
    "There is no latent 0: the model has none",
  );
  const edit = (target: object, operation: object) =>
    ({ ...cleanState(QUESTION), edits: [{ id: 1, on: true, target, operation }] }) as never;
  await expect(session.run(edit({ kind: "cell", block: 0, latent: 0 }, { kind: "zero" }))).rejects.toThrow(
    "Edit 1: there is no latent 0: the model has none",
  );
  const run = await session.run(
    edit({ kind: "edge", block: 1, head: null, query: "eot", key: "question.1" }, { kind: "cut" }),
  );
  expect([run.edited.latents, run.controls?.identity.exact]).toEqual([[], true]);
});
