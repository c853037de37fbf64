/** What is drawn does not depend on what happens downstream, and what cannot be done is refused before any forward. */
// @needs engine

import { afterAll, afterEach, expect, test, vi } from "vitest";
import { CodiModel, type RunResult } from "../../../src/index.js";
import { Transformer } from "../../../src/model/decoder/transformer.js";
import { parseIntervention } from "../../../src/model/hooks/interventions.js";
import { modelFolder } from "../../support/parity.js";

const QUESTION = "Tom has 3 pens and buys 4 more. How many?";
const loaded = CodiModel.load(modelFolder("single-kv-lora"));
afterAll(async () => (await loaded).dispose());
afterEach(() => vi.restoreAllMocks());

test("noise is the same under pin and under propagate", async () => {
  const site = "blocks.1.hook_resid_post";
  const run = async (rule: string): Promise<RunResult> =>
    (await loaded).run(QUESTION, {
      interventions: [`noise(0.5):${site}@latent.1${rule}`],
      capture: [site],
      maxNewTokens: 2,
      seed: 3,
    });
  const [clean, propagated, pinned] = [
    await (await loaded).run(QUESTION, { capture: [site], maxNewTokens: 2 }),
    await run(""),
    await run("!pin"),
  ];
  const at = clean.layout.names.indexOf("latent.1") * 32;
  const drawn = ({ captures }: RunResult): number[] =>
    [...captures.get(site).data.slice(at, at + 32)].map(
      (value, i) => value - (clean.captures.get(site).data[at + i] ?? 0),
    );
  expect(Math.max(...drawn(propagated).map(Math.abs))).toBeGreaterThan(0.3);
  // Pinned rows run in another batch: rounding only.
  for (const [i, value] of drawn(pinned).entries()) expect(value).toBeCloseTo(drawn(propagated)[i] ?? 0, 4);
});

test("random keeps the norm of what it replaces, in a direction that depends on seed and question alone", async () => {
  const site = "blocks.1.hook_resid_post";
  const run = async (seed: number, interventions: string[]): Promise<RunResult> =>
    (await loaded).run(QUESTION, { interventions, capture: [site], maxNewTokens: 2, seed });
  const [clean, first, again, other] = [
    await run(3, []),
    await run(3, [`random:${site}@latent.1`]),
    await run(3, [`random:${site}@latent.1`]),
    await run(4, [`random:${site}@latent.1`]),
  ];
  const at = clean.layout.names.indexOf("latent.1") * 32;
  const vector = ({ captures }: RunResult): Float32Array => captures.get(site).data.slice(at, at + 32);
  const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
  const cosine = (a: Float32Array, b: Float32Array): number => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  const norm = dot(vector(clean), vector(clean));
  expect(dot(vector(first), vector(first)) / norm).toBeCloseTo(1, 4);
  expect(vector(again)).toEqual(vector(first));
  expect(Math.abs(cosine(vector(first), vector(clean)))).toBeLessThan(0.8);
  expect(Math.abs(cosine(vector(first), vector(other)))).toBeLessThan(0.8);
});

test("a knockout of several keys is the knockouts of each, one after the other", async () => {
  const site = "blocks.*.attn.hook_pattern";
  const run = async (...interventions: string[]): Promise<RunResult> =>
    (await loaded).run(QUESTION, { interventions, capture: ["blocks.1.hook_resid_post"], maxNewTokens: 2 });
  const all = await run(`knockout(eot→latent.0+latent.2+question.3):${site}@eot`);
  const each = await run(...["latent.0", "latent.2", "question.3"].map((key) => `knockout(eot→${key}):${site}@eot`));
  const clean = await run();
  const values = ({ captures }: RunResult): number[] => [...captures.get("blocks.1.hook_resid_post").data];
  for (const [i, value] of values(all).entries()) expect(value).toBeCloseTo(values(each)[i] ?? 0, 4);
  expect(values(all)).not.toEqual(values(clean));
  expect(parseIntervention(`knockout(eot->latent.0+bot):${site}`)).toMatchObject({ operation: { to: "latent.0+bot" } });
  expect(() => parseIntervention(`knockout(eot→latent.0+):${site}`)).toThrow(/Unknown address ""/);
});

test.each([
  ["random:blocks.1.attn.hook_pattern@eot", /random is not defined on/],
  ["mean:blocks.1.attn.hook_pattern@eot", /mean is not defined on/],
  ["resample:blocks.*.attn.hook_pattern@eot", /resample is not defined on/],
  ["shuffle:blocks.1.attn.hook_attn_scores@latent", /shuffle is not defined on/],
  ["mean:latents.hook_input@eot", /exists at latents only/],
])("%s is refused before any forward", async (intervention, message) => {
  const model = await loaded;
  const forward = vi.spyOn(Transformer.prototype, "forward");
  const options = { interventions: [intervention], reference: ["Ann has 2 pens.", "Bob has 5."] };
  await expect(model.run(QUESTION, options)).rejects.toThrow(message);
  expect(forward).toHaveBeenCalledTimes(0);
  // The counter counts: a run that may go on does call it.
  await model.run(QUESTION, { maxNewTokens: 1 });
  expect(forward.mock.calls.length).toBeGreaterThan(0);
});
