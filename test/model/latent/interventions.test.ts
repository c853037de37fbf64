/** Interventions on tiny checkpoints: what they reach, and which are refused with what sentence. */
// @needs engine, time

import { afterAll, describe, expect, test, vi } from "vitest";
import { at, CodiModel, parseIntervention, type RunResult, type SiteName } from "../../../src/index.js";
import { modelFolder } from "../../support/parity.js";

const QUESTION = "Tom has 3 pens and buys 4 more. How many?";
// Its prompt and its answer cue hold EOS too: EOT has two positions.
const loaded = CodiModel.load(modelFolder("single-kv-lora"));
afterAll(async () => (await loaded).dispose());

const run = async (interventions: string[], capture: SiteName[]): Promise<RunResult> =>
  (await loaded).run(QUESTION, { interventions, capture, maxNewTokens: 4 });

describe("what interventions reach", () => {
  test("a write to the projection of a pinned latent is applied to the clean state, not lost", async () => {
    const { captures } = await run(["zero:prj.hook_post@latent.1,latent.4!pin"], ["latents.hook_input"]);
    const clean = await run([], ["latents.hook_input"]);
    const input = ({ captures: from }: Pick<RunResult, "captures">, k: number): number[] => [
      ...from.get("latents.hook_input").data.slice(k * 32, (k + 1) * 32),
    ];
    for (const k of [1, 4]) expect(input({ captures }, k).every((value) => value === 0)).toBe(true);
    // Other batches than the clean run's: this random model makes float32 noise of 1e-5 of it.
    for (const k of [0, 2, 3, 5])
      for (const [i, value] of input(clean, k).entries()) expect(input({ captures }, k)[i]).toBeCloseTo(value, 4);
  });

  test.each(["eot", "all"])("a knockout of %s takes out EOS after EOT too", async (to) => {
    const site = "blocks.1.attn.hook_pattern";
    const { captures, layout } = await run([`knockout(answer.1→${to},raw):${site}@answer.1`], [site]);
    const query = layout.indexOf(at.answer(1)) * layout.length;
    const row = captures.get(site).data.slice(query, query + layout.length);
    const taken = layout.indicesOf(to === "eot" ? at.eot : at.all);
    expect(layout.indicesOf(at.eot).length).toBe(2);
    for (const place of taken) expect(row[place]).toBe(0);
    if (to === "eot") expect(row.filter((value) => value > 0).length).toBe(layout.indexOf(at.answer(1)) + 1 - 2);
  });

  test("a branch that begins at EOT has its parent's captures of the latents' sites", async () => {
    const conditions = ["", "zero:blocks.1.hook_resid_post@eot"].map((text) => ({
      name: text,
      interventions: text === "" ? [] : [parseIntervention(text)],
    }));
    const capture = ["latents.hook_hidden", "prj.hook_post", "latents.hook_input"] as const;
    const [[clean, branch] = []] = await (await loaded).runConditions([QUESTION], conditions, { capture });
    for (const site of capture) expect(branch?.captures.get(site)).toEqual(clean?.captures.get(site));
    expect(clean?.captures.get("latents.hook_input").shape).toEqual([1, 6, 32]);
  });
});

describe("refused", () => {
  const one = { shape: [1], data: new Float32Array(1) };
  const options = { reference: ["Ann has 2 cups. How many?"], values: { one } };
  test.each<[string, RegExp]>([
    ...["mean", "resample", "shuffle", "noise(0.5)"].flatMap((operation) =>
      ["hook_pattern", "hook_attn_scores"].map((site): [string, RegExp] => [
        `${operation}:blocks.1.attn.${site}@latent`,
        /is not defined on "blocks\.1\.attn\.hook_(pattern|attn_scores)", whose key axis differs between positions/,
      ]),
    ),
    ["knockout(eot→bot):blocks.1.attn.hook_attn_scores@eot", /knockout acts on attn\.hook_pattern, found/],
    ["knockout(eot→bot):blocks.1.attn.hook_z@eot", /knockout acts on attn\.hook_pattern, found/],
    ["knockout(latent.1→latent.3):blocks.1.attn.hook_pattern@latent.1", /Knockout of latent\.3: not a key of this row/],
    ["knockout(bot→eot):blocks.1.attn.hook_pattern@bot", /Knockout of eot: not a key of this row/],
    ["knockout(eot→question.400):blocks.1.attn.hook_pattern@eot", /address "question\.400" is not in the sequence/],
    ["zero:blocks.1.attn.hook_pattern[keys.question.400]@eot", /address "question\.400" is not in the sequence/],
    ["knockout(eot→all):blocks.1.attn.hook_pattern@eot", /leaves a query no key to read$/],
    ...["latents.hook_hidden", "prj.hook_pre", "prj.hook_post", "latents.hook_input"].flatMap((site) =>
      ["question.1", "bot", "eot", "answer.0"].map((address): [string, RegExp] => [
        `zero:${site}@${address}`,
        /exists at latents only, found @/,
      ]),
    ),
    ["shuffle:blocks.1.hook_resid_post@latent.2", /a shuffle needs at least two positions, found 1/],
    ["add(two):blocks.1.hook_resid_post@bot", /no value named "two"/],
    ["replace(one):blocks.1.hook_resid_post@bot", /value "one" has shape \[1\], wanted \[32\] or \[positions, 32\]/],
    ["add(one):blocks.1.attn.hook_z@latent.0", /value "one" has shape \[1\], wanted \[4, 8\] or \[positions, 4, 8\]/],
    ["mean:blocks.1.hook_resid_post@question.40", /no reference question has a position "question\.40"/],
    ["zero:blocks.3.hook_resid_post@bot", /names layer 3, the model has layers 0 to 2/],
  ])("%s", async (text, sentence) => {
    await expect((await loaded).run(QUESTION, { interventions: [text], ...options, maxNewTokens: 4 })).rejects.toThrow(
      sentence,
    );
  });

  test("of several conditions at one site, the one that gives NaN is named", async () => {
    const values = Object.fromEntries(
      [0, 1, 2].map((k) => [`v${k}`, { shape: [32], data: new Float32Array(32).fill(k === 1 ? Number.NaN : k) }]),
    );
    const conditions = [0, 1, 2].map((k) => ({
      name: `${k}`,
      interventions: [parseIntervention(`replace(v${k}):blocks.1.hook_resid_post@latent.2`)],
    }));
    await expect((await loaded).runConditions([QUESTION], conditions, { values })).rejects.toThrow(
      /^replace\(v1\):blocks\.1\.hook_resid_post@latent\.2 \(latent\.2\) returned NaN or infinity/,
    );
  });

  test("mean without reference questions", async () => {
    await expect(run(["mean:blocks.1.hook_resid_post@bot"], [])).rejects.toThrow(
      /draws on other questions, and "Tom has 3 pens.*" has none: no reference question was given/,
    );
  });
});

test("questions in batches of their own share one run of the reference", async () => {
  const model = await loaded;
  const conditions = [{ name: "mean", interventions: [parseIntervention("mean:blocks.1.hook_resid_post@latent.2")] }];
  const reference = ["Ann has 2 cups. How many?", "Tom has 3 pens. How many?"];
  const runs = vi.spyOn(model, "runBatch");
  try {
    const apart = await model.runConditions(["Hi.", QUESTION], conditions, { reference, rowsPerBatch: 1 });
    expect(runs.mock.calls.map(([questions]) => questions)).toEqual([reference]);
    expect(apart.flat().map(({ failure }) => failure)).toEqual([null, null]);
  } finally {
    runs.mockRestore();
  }
});
