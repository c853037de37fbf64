/** Coconut, its pause control and no latents at all, against a loop in PyTorch that shares nothing with the engine (test/fixtures/make/coconut_llama.py). */
// @needs engine

import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { at, CodiModel, hook, parseIntervention, type RunResult, tf, zero } from "../../../src/index.js";
import type { SiteName } from "../../../src/model/hooks/names.js";
import { modelFolder, readJson } from "../../support/parity.js";
import { temporaryFolder } from "../../support/temporary.js";

interface Found {
  readonly states: readonly (readonly number[])[];
  readonly inputs: readonly (readonly number[])[];
  readonly logits: readonly (readonly number[])[];
  readonly answer: readonly number[];
  readonly text: string;
}
interface Row {
  readonly question: string;
  readonly prompt: readonly number[];
  readonly none: readonly number[];
  readonly clean: Found;
  readonly zeroed: Found;
}
interface Case {
  readonly ids: { readonly bot: number; readonly eot: number };
  readonly gap: number;
  readonly rows: readonly Row[];
}
interface Fixture {
  readonly latents: number;
  readonly max_new_tokens: number;
  readonly zero: string;
  readonly models: Readonly<Record<string, Case>>;
}

const fixture = readJson<Fixture>("coconut-llama");
const maxNewTokens = fixture.max_new_tokens;
const load = (name: string, options = {}): Promise<CodiModel> =>
  CodiModel.load(modelFolder(name), { engine: "native", ...options });
const capture: SiteName[] = ["latents.hook_hidden", "latents.hook_input", "hook_logits"];

/** The largest difference between rows of a site and the reference's. */
function off(found: Float32Array, wanted: readonly (readonly number[])[]): number {
  const flat = wanted.flat();
  expect(found.length).toBe(flat.length);
  return Math.max(...flat.map((value, i) => Math.abs(value - (found[i] ?? Number.NaN))));
}

function differences({ captures, layout }: RunResult, wanted: Found): number[] {
  const logits = captures.get("hook_logits");
  const width = logits.shape[2] ?? 0;
  const first = layout.indexOf(at.eot);
  const own = logits.data.subarray(first * width, (first + wanted.logits.length) * width);
  return [
    off(captures.get("latents.hook_hidden").data, wanted.states),
    off(captures.get("latents.hook_input").data, wanted.inputs),
    off(own, wanted.logits),
  ];
}

/** Runs every question, clean and with a latent zeroed, and expects the reference's ids, states, inputs, logits and answers. */
async function expectReference(model: CodiModel, { gap, rows, ids }: Case): Promise<void> {
  expect([model.codi.botTokenId, model.codi.eotTokenId, model.codi.numLatents]).toEqual([
    ids.bot,
    ids.eot,
    fixture.latents,
  ]);
  const questions = rows.map(({ question }) => question);
  const conditions = [
    { name: "clean", interventions: [] },
    { name: "zeroed", interventions: [parseIntervention(fixture.zero)] },
  ];
  const found = await model.runConditions(questions, conditions, { capture, maxNewTokens });
  for (const [place, row] of rows.entries())
    for (const [condition, kind] of (["clean", "zeroed"] as const).entries()) {
      const run = found[place]?.[condition] as RunResult;
      expect(run.promptIds).toEqual(row.prompt);
      expect([run.answer.ids, run.answer.text]).toEqual([row[kind].answer, row[kind].text]);
      for (const each of differences(run, row[kind])) expect(each).toBeLessThanOrEqual(10 * gap);
    }
  // The zeroed latent changes what comes after it, or the test would see nothing.
  expect(
    rows.some(({ clean, zeroed }) => off(Float32Array.from(zeroed.logits[0] ?? []), [clean.logits[0] ?? []]) > 0.1),
  ).toBe(true);
}

test("codi-pause: the control's weights with CODI's ids and texts give the reference's numbers", async () => {
  const folder = temporaryFolder("codilens-codi-pause-");
  cpSync(modelFolder("coconut-llama-pause"), folder, { recursive: true });
  writeFileSync(join(folder, "codi.json"), JSON.stringify({ num_latents: fixture.latents, protocol: "codi-pause" }));
  using model = await CodiModel.load(folder, { engine: "native" });
  expect(model.protocol).toBe("codi-pause");
  await expectReference(model, fixture.models["codi-pause"] as Case);
});

describe.each(["coconut-llama", "coconut-llama-pause"])("%s", (name) => {
  const { gap, rows, ids } = fixture.models[name] as Case;

  test("ids, states, inputs, logits and answers are the reference's, clean and with a latent zeroed", async () => {
    using model = await load(name);
    await expectReference(model, { gap, rows, ids });
  });

  test("a newline joins the mark before it: it stands in the text and is no token of its own", async () => {
    using model = await load(name);
    const question = "How many?";
    const alone = [...model.tokenizer.encodePrompt(question), ...model.tokenizer.encode("\n"), ids.bot];
    expect(model.promptIds(question)).toEqual([...model.tokenizer.encodePrompt(`${question}\n`), ids.bot]);
    expect(model.promptIds(question).length).toBe(alone.length - 1);
  });

  test("EOS as the first token is an empty answer, and the last id may be chosen", async () => {
    using model = await load(name);
    const chosen = (id: number): Parameters<CodiModel["run"]>[1] => ({
      maxNewTokens: 2,
      hooks: [
        hook("hook_logits", at.eot, (x) => {
          const chosen = tf.oneHot(tf.tensor1d([id], "int32"), x.shape[2]);
          return tf.add(x, tf.mul(tf.reshape(chosen, [1, 1, -1]), 1000));
        }),
      ],
    });
    const [question = ""] = rows.map((row) => row.question);
    const empty = await model.run(question, chosen(model.eosTokenId));
    expect(empty.answer).toMatchObject({ ids: [model.eosTokenId], text: "", finish: "eos", value: null });
    expect(empty.answer.parsed).toEqual({ kind: "none", reason: "empty answer" });
    const last = model.config.vocabSize + 2;
    const run = await model.run(question, chosen(last));
    expect([run.answer.ids[0], run.answer.ids.length]).toEqual([last, 2]);
  });

  test("protocol none gives the plain model's answer, and has no latents", async () => {
    const notices: string[] = [];
    using model = await load(name, { protocol: "none", onNotice: (text: string) => notices.push(text) });
    expect(model.codi.numLatents).toBe(0);
    const runs = await model.runBatch(
      rows.map(({ question }) => question),
      { maxNewTokens },
    );
    expect(runs.map(({ answer }) => answer.ids)).toEqual(rows.map(({ none }) => none));
    expect(runs[0]?.layout.parts).toMatchObject({ bot: 0, latents: 0, eot: 1 });
    const [question = ""] = rows.map((row) => row.question);
    expect(model.eotIds(question)).toEqual(model.promptIds(question).slice(-1));
    // The place of EOT is the prompt's last token, and can be changed.
    const zeroed = await model.run(question, {
      maxNewTokens,
      interventions: [zero("blocks.2.hook_resid_post", at.eot)],
    });
    expect(zeroed.fired).toMatchObject([{ count: 1 }]);
    await expect(model.run(question, { capture: ["latents.hook_input"] })).rejects.toThrow(/none has no latents/);
  });

  test("a site of the projection is refused by name, and a glob that matches others leaves it out", async () => {
    using model = await load(name);
    const [question = ""] = rows.map((row) => row.question);
    const protocol = model.protocol;
    for (const options of [
      { capture: ["prj.hook_pre"] },
      { capture: ["prj.*"] },
      { interventions: ["zero:prj.hook_post@latent.1"] },
    ])
      await expect(model.run(question, options)).rejects.toThrow(`Protocol ${protocol} has no projection`);
    const { captures } = await model.run(question, { capture: ["*"], maxNewTokens: 1 });
    expect(captures.sites).toContain("latents.hook_hidden");
    expect(captures.sites.filter((site) => site.startsWith("prj."))).toEqual([]);
  });
});

test("under pause a change of a state changes no later input; under coconut the changed state is the input", async () => {
  const [coconut, pause] = await Promise.all(["coconut-llama", "coconut-llama-pause"].map((name) => load(name)));
  const question = fixture.models["coconut-llama"]?.rows[0]?.question ?? "";
  const options = { capture, maxNewTokens: 2, interventions: ["zero:latents.hook_hidden@latent.2"] };
  for (const model of [coconut, pause] as CodiModel[]) {
    const run = await model.run(question, options);
    const clean = await model.run(question, { capture, maxNewTokens: 2 });
    const width = model.config.dModel;
    const own = run.captures.get("latents.hook_input").data.subarray(2 * width, 3 * width);
    const was = clean.captures.get("latents.hook_input").data.subarray(2 * width, 3 * width);
    expect(run.fired).toMatchObject([{ count: 1 }]);
    expect([...own]).toEqual(model.protocol === "pause" ? [...was] : new Array(width).fill(0));
    model.dispose();
  }
});

test("what a latent's input is made of is taken apart through the final norm, and under pause it is refused", async () => {
  using model = await load("coconut-llama");
  const question = fixture.models["coconut-llama"]?.rows[0]?.question ?? "";
  const run = await model.run(question, { components: true, maxNewTokens: 2 });
  const along = Float32Array.from({ length: model.config.dModel }, (_, i) => Math.sin(i + 1));
  const [parts] = await model.attribute(run, [{ kind: "input", latent: 1, along }]);
  const { embed = 0, heads = [], mlp = [], bias, whole = 0 } = parts ?? {};
  const wanted = (fixture.models["coconut-llama"]?.rows[0]?.clean.inputs[1] ?? []).reduce(
    (sum, value, i) => sum + value * (along[i] ?? 0),
    0,
  );
  expect(bias).toBe(0);
  expect(whole).toBeCloseTo(wanted, 4);
  expect(embed + heads.flat().reduce((a, b) => a + b, 0) + mlp.reduce((a, b) => a + b, 0)).toBeCloseTo(whole, 4);
  using paused = await load("coconut-llama-pause");
  const other = await paused.run(question, { components: true, maxNewTokens: 2 });
  await expect(paused.attribute(other, [{ kind: "input", latent: 1, along }])).rejects.toThrow(/same learned vector/);
});
