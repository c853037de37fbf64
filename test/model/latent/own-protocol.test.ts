/** A protocol of one's own: what it changes is run, its name stands in results, and what cannot be is refused. */
// @needs engine

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { CodiModel, LatentModel, openSweep } from "../../../src/index.js";
import type { OwnProtocol } from "../../../src/model/latent/protocols/own.js";
import { modelFolder, readJson } from "../../support/parity.js";
import { problems, question } from "../../support/tiny.js";

const out = mkdtempSync(join(tmpdir(), "own-protocol-"));
afterAll(() => rmSync(out, { recursive: true }));

const load = (protocol: OwnProtocol, name = "tiny-codi"): Promise<CodiModel> =>
  CodiModel.load(name, { engine: "native", protocol });

describe("what it changes", () => {
  test("a protocol that is like coconut but for its name gives coconut's answers", async () => {
    const { models } = readJson<{
      models: Record<string, { rows: { question: string; clean: { answer: number[] } }[] }>;
    }>("coconut-llama");
    const [row] = models["coconut-llama"]?.rows ?? [];
    using model = await load({ name: "like-coconut", like: "coconut" }, modelFolder("coconut-llama"));
    const run = await model.run(row?.question ?? "", { maxNewTokens: 8 });
    expect([model.protocol, run.answer.ids]).toEqual(["like-coconut", row?.clean.answer]);
  });

  test("each part is its own: feedback, text, ids around the latents, cut of the logits, stop, answer", async () => {
    using codi = await CodiModel.load("tiny-codi", { engine: "native" });
    const clean = await codi.run(question, { capture: ["latents.hook_hidden", "latents.hook_input"] });
    const { botTokenId: bot, eotTokenId: eot } = codi.codi;
    using model = await load({
      name: "all-mine",
      feedback: "identity",
      prepare: (text) => `${text} `,
      promptEnd: (ids) => [ids.eot, ids.bot],
      eot: (ids) => [ids.bot, ids.eot],
      stops: (token) => token === clean.answer.ids[1],
      logitRows: (rows) => rows - 2,
      maxNewTokens: 3,
      readAnswer: () => ({ kind: "number", value: 5, text: "5", start: 0, end: 1 }),
      isRight: () => true,
    });
    const run = await model.run(question, {
      capture: ["latents.hook_hidden", "latents.hook_input", "hook_logits"],
      expected: 9,
    });
    expect(run.promptIds).toEqual([...codi.tokenizer.encodePrompt(`${question} `), eot, bot]);
    expect([run.layout.parts.eot, model.eotIds(question)]).toEqual([2, [bot, eot]]);
    expect([...run.captures.get("latents.hook_input").data]).toEqual([...run.captures.get("latents.hook_hidden").data]);
    expect([...clean.captures.get("latents.hook_input").data]).not.toEqual([
      ...clean.captures.get("latents.hook_hidden").data,
    ]);
    expect(run.captures.get("hook_logits").shape[2]).toBe(codi.config.vocabSize - 2);
    expect(run.answer.ids.length).toBeLessThanOrEqual(3);
    expect([run.answer.value, run.correct]).toEqual([5, true]);
  });

  test("stops where it says", async () => {
    using codi = await CodiModel.load("tiny-codi", { engine: "native" });
    const { ids } = (await codi.run(question)).answer;
    using model = await load({ name: "stops-early", stops: (token) => token === ids[2] });
    const { answer } = await model.run(question);
    const first = ids.indexOf(ids[2] ?? -1);
    expect([answer.ids, answer.finish]).toEqual([ids.slice(0, first + 1), "eos"]);
  });
});

describe("its name", () => {
  const mine: OwnProtocol = { name: "mine", maxNewTokens: 12 };

  test("stands in a sweep's records and manifest, and the sweep is opened where the protocol is known", async () => {
    const dir = join(out, "sweep");
    {
      using model = await load(mine);
      await model.sweep(
        problems.slice(0, 2).map((each, i) => ({ ...each, id: `p${i}` })),
        { over: { latent: [0] }, do: ({ latent }) => `zero:blocks.8.hook_resid_post@latent.${latent}`, out: dir },
      );
    }
    const lines = readFileSync(join(dir, "records.jsonl"), "utf8").trim().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { protocol: string }).protocol)).toEqual(lines.map(() => "mine"));
    const manifest = JSON.parse(readFileSync(join(dir, "manifest.json"), "utf8")) as {
      model: object;
      fingerprint: object;
    };
    expect(manifest).toMatchObject({
      model: { protocol: "mine" },
      fingerprint: { protocolSha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(openSweep(dir).rows().length).toBe(2);
  });

  test("is one protocol's alone", async () => {
    await expect(load({ name: "mine", maxNewTokens: 3 })).rejects.toThrow(/Another protocol is called "mine"/);
    using again = await load(mine);
    using same = await load({ ...mine });
    expect([again.protocol, same.protocol]).toEqual(["mine", "mine"]);
  });
});

test.each<[string, object, RegExp]>([
  ["a name of the package", { name: "codi" }, /protocol.name is "codi", wanted another name/],
  ["no name", { like: "codi" }, /protocol.name is missing/],
  ["a name with capitals", { name: "Mine" }, /small letters, digits and -/],
  ["a part that is none", { name: "x", prompt: () => "" }, /a protocol has no option "prompt"/],
  ["a part of another kind", { name: "x", prepare: "text" }, /protocol.prepare is "text", wanted a function/],
  ["an unknown feedback", { name: "x", feedback: "residual" }, /wanted projection or identity or constant or none/],
  ["like seed", { name: "x", like: "seed" }, /protocol.like is "seed", wanted codi or coconut/],
  ["latents of a protocol without", { name: "x", like: "none", feedback: "identity" }, /what goes with like: "none"/],
  ["no limit", { name: "x", maxNewTokens: 0 }, /protocol.maxNewTokens is a number, wanted/],
  [
    "what the weights deny",
    { name: "needs-pause", feedback: "constant" },
    /protocol needs-pause was asked for, but its weights have no pause_embedding/,
  ],
])("%s is refused", async (_, protocol, message) => {
  await expect(load(protocol as OwnProtocol)).rejects.toThrow(message);
});

test("LatentModel is CodiModel: one loader for every kind", async () => {
  expect(LatentModel).toBe(CodiModel);
  using model = await LatentModel.load(modelFolder("coconut-llama-pause"), { engine: "native" });
  expect([model.protocol, model.because.protocol, String(model)]).toEqual([
    "pause",
    "its weights have pause_embedding",
    expect.any(String),
  ]);
});
