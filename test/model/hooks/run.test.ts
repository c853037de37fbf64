/** The hook contract, fact by fact, on the embedded model. */
// @needs engine, time

import { afterAll, describe, expect, test } from "vitest";
import { at, type Hook, hook, parseIntervention, type RunResult, type SiteName, tf } from "../../../src/index.js";
import { hooksSuite } from "../../support/hooks-suite.js";
import { loadTiny, question, questions } from "../../support/tiny.js";

const loaded = loadTiny();
afterAll(async () => (await loaded).dispose());

const run = async (hooks: Hook[], capture: SiteName[] = ["hook_logits"]): Promise<RunResult> =>
  (await loaded).run(question, { hooks, capture });
const logitsOf = (result: RunResult): number[] => Array.from(result.captures.get("hook_logits").data);
const largestDifference = (a: number[], b: number[]): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? 0))), 0);

// Values reach hundreds at the last block: what counts is the difference beside the largest of them.
function expectClose(a: RunResult, b: RunResult | undefined): void {
  const [x, y] = [a, b].map((result) => Array.from(result?.captures.get("blocks.15.hook_resid_post").data ?? []));
  expect(y?.length).toBe(x?.length);
  const largest = (x ?? []).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(largestDifference(x ?? [], y ?? []) / largest).toBeLessThan(5e-6);
}

hooksSuite("auto", { folder: "weights/tiny-codi", question, maxNewTokens: 16 });

describe("run() with hooks", () => {
  test("pattern rows sum to 1 and hold zeros above the diagonal", async () => {
    const { captures, layout } = await run([], ["blocks.8.attn.hook_pattern"]);
    const { data, shape, axes } = captures.get("blocks.8.attn.hook_pattern");
    expect(axes).toEqual(["batch", "heads", "query", "key"]);
    expect(shape).toEqual([1, 4, layout.length, layout.length]);
    for (let row = 0; row < 4 * layout.length; row++) {
      const values = data.slice(row * layout.length, (row + 1) * layout.length);
      expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
      expect(values.slice((row % layout.length) + 1).every((value) => value === 0)).toBe(true);
    }
  });

  test("writing a pattern changes logits", async () => {
    const clean = logitsOf(await run([]));
    const uniform = hook("blocks.4.attn.hook_pattern", at.eot, (x) => tf.mul(tf.onesLike(x), 1 / x.shape[3]));
    expect(largestDifference(logitsOf(await run([uniform])), clean)).toBeGreaterThan(1e-3);
  });

  test("resid_pre + attn_out + mlp_out = resid_post, and the heads' results sum to attn_out", async () => {
    const { captures } = await run(
      [],
      [
        "blocks.3.hook_resid_pre",
        "blocks.3.hook_attn_out",
        "blocks.3.hook_mlp_out",
        "blocks.3.hook_resid_post",
        "blocks.3.attn.hook_result",
      ],
    );
    const [pre, attn, mlp, post] = (
      ["hook_resid_pre", "hook_attn_out", "hook_mlp_out", "hook_resid_post"] as const
    ).map((kind) => captures.get(`blocks.3.${kind}`).data);
    const sum = Array.from(pre ?? [], (value, i) => value + (attn?.[i] ?? 0) + (mlp?.[i] ?? 0));
    expect(largestDifference(sum, Array.from(post ?? []))).toBeLessThan(1e-4);
    const heads = captures.get("blocks.3.attn.hook_result");
    const summed = Array.from(attn ?? [], (_, i) =>
      [0, 1, 2, 3].reduce((total, h) => total + (heads.data[(Math.floor(i / 64) * 4 + h) * 64 + (i % 64)] ?? 0), 0),
    );
    expect(largestDifference(summed, Array.from(attn ?? []))).toBeLessThan(1e-4);
  });

  test.each<[string, string, RegExp]>([
    ["an unknown site", "zero:blocks.8.hook_resid_pots@bot", /Unknown site.*nearest|Unknown site/],
    ["a layer out of range", "zero:blocks.16.hook_resid_post@bot", /layers 0 to 15/],
    ["a latent out of range", "zero:blocks.8.hook_resid_post@latent.6", /"latent\.6" is not in the sequence/],
    [
      "a question token out of range",
      "zero:blocks.8.hook_resid_post@question.999",
      /"question\.999" is not in the sequence/,
    ],
  ])("%s is refused before the first forward", async (_, spec, message) => {
    await expect((await loaded).run(question, { interventions: [spec] })).rejects.toThrow(message);
  });

  test("an address that the answer never reaches is an error, not silence", async () => {
    await expect(
      (await loaded).run(question, { interventions: ["scale(1):blocks.8.hook_resid_post@answer.30"] }),
    ).rejects.toThrow(/fired 0 times/);
  });

  test("capturing above the budget is refused with its cost", async () => {
    await expect(
      (await loaded).run(question, { capture: ["blocks.*.attn.hook_pattern"], captureBudgetBytes: 1000 }),
    ).rejects.toThrow(/MiB, the budget is/);
  });

  test("no answer depends on its batch mates: one at a time, all together and in another order agree", async () => {
    const model = await loaded;
    const capture = ["blocks.15.hook_resid_post"] as const;
    const together = await model.runBatch(questions, { capture });
    const reversed = (await model.runBatch([...questions].reverse(), { capture })).reverse();
    for (const [i, text] of questions.entries()) {
      const alone = await model.run(text, { capture });
      for (const other of [together[i], reversed[i]]) {
        expect(other?.answer.ids).toEqual(alone.answer.ids);
        expectClose(alone, other);
      }
    }
  });

  test("a callback is told the call's questions, in whatever order and batches they are computed", async () => {
    const model = await loaded;
    const asked = [questions[4] ?? "", questions[0] ?? "", questions[3] ?? ""];
    const capture = ["blocks.15.hook_resid_post"] as const;
    const scaled = (factors: readonly number[]): Hook =>
      hook(
        "blocks.8.hook_resid_post",
        at.latent(0),
        (x, { questions: numbers }) =>
          tf.mul(x, tf.reshape(tf.tensor(numbers.map((number) => factors[number] ?? Number.NaN)), [-1, 1, 1])),
        { id: `by ${factors.join()}` },
      );
    for (const cellsPerBatch of [undefined, 120]) {
      const some = cellsPerBatch === undefined ? {} : { cellsPerBatch };
      const together = await model.runBatch(asked, { hooks: [scaled([0, 0.5, 2])], capture, ...some });
      for (const [i, factor] of [0, 0.5, 2].entries()) {
        const alone = await model.run(asked[i] ?? "", { hooks: [scaled([factor])], capture });
        expectClose(alone, together[i]);
      }
    }
  });

  test("an address that one question has not is refused by that question's place in the call", async () => {
    const nothing = hook("hook_embed", at.question(60), () => undefined, { id: "nothing" });
    await expect((await loaded).runBatch([question, questions[0] ?? ""], { hooks: [nothing] })).rejects.toThrow(
      "is not in the sequence of question 1",
    );
  });

  test("a branch from a forked cache equals a fresh run with the same intervention", async () => {
    const model = await loaded;
    const conditions = [0, 3, 5].map((k) => ({
      name: `${k}`,
      interventions: [parseIntervention(`scale(-1):blocks.6.hook_resid_post@latent.${k}`)],
    }));
    const capture = ["blocks.15.hook_resid_post"];
    const branched = await model.runConditions(questions, [{ name: "baseline", interventions: [] }, ...conditions], {
      capture,
    });
    for (const [q, text] of questions.entries()) {
      for (const [c, condition] of conditions.entries()) {
        const fresh = await model.run(text, { interventions: condition.interventions, capture });
        const branch = branched[q]?.[c + 1];
        expect(branch?.answer.ids).toEqual(fresh.answer.ids);
        expectClose(fresh, branch);
      }
    }
  });
});

describe("operations", () => {
  const text = async (spec: string, more: object = {}): Promise<RunResult> =>
    (await loaded).run(question, {
      interventions: [spec],
      capture: ["latents.hook_input", "blocks.8.hook_resid_post", "blocks.8.attn.hook_pattern"],
      ...more,
    });
  const at8 = (result: RunResult, k: number): Float32Array =>
    result.captures
      .get("blocks.8.hook_resid_post")
      .data.slice(result.layout.indexOf(at.latent(k)) * 64)
      .slice(0, 64);

  test("zero, scale, add and replace write what they say", async () => {
    const clean = await text("scale(1):hook_embed@bot");
    expect([...at8(await text("zero:blocks.8.hook_resid_post@latent.2"), 2)].every((value) => value === 0)).toBe(true);
    expect([...at8(await text("scale(2):blocks.8.hook_resid_post@latent.2"), 2)]).toEqual(
      [...at8(clean, 2)].map((value) => value * 2),
    );
    const ones = { values: { ones: { shape: [64], data: new Float32Array(64).fill(1) } } };
    expect(
      [...at8(await text("replace(ones):blocks.8.hook_resid_post@latent.2", ones), 2)].every((value) => value === 1),
    ).toBe(true);
    expect(at8(await text("add(ones):blocks.8.hook_resid_post@latent.2", ones), 2)[0]).toBeCloseTo(
      (at8(clean, 2)[0] ?? 0) + 1,
      5,
    );
  });

  test("mean writes the mean of the reference questions, resample one of them, shuffle another latent's own", async () => {
    const model = await loaded;
    const reference = questions.slice(0, 3);
    const cleans = await model.runBatch(reference, { capture: ["blocks.8.hook_resid_post"] });
    const own = await model.run(question, { capture: ["blocks.8.hook_resid_post"] });
    const expected = Array.from(
      { length: 64 },
      (_, i) => cleans.reduce((sum, result) => sum + (at8(result, 1)[i] ?? 0), 0) / 3,
    );
    const mean = at8(await text("mean:blocks.8.hook_resid_post@latent.1", { reference }), 1);
    for (const [i, value] of expected.entries()) expect(mean[i]).toBeCloseTo(value, 4);
    const resampled = [...at8(await text("resample:blocks.8.hook_resid_post@latent.1", { reference }), 1)].map((v) =>
      v.toFixed(3),
    );
    expect(cleans.map((result) => [...at8(result, 1)].map((v) => v.toFixed(3)))).toContainEqual(resampled);
    const shuffled = await text("shuffle:blocks.8.hook_resid_post@latent");
    const rows = (result: RunResult): string[] => [0, 1, 2, 3, 4, 5].map((k) => (at8(result, k)[0] ?? 0).toFixed(3));
    expect(rows(shuffled).sort()).toEqual(rows(own).sort());
    expect(rows(shuffled)).not.toEqual(rows(own));
  });

  test("noise is seeded: equal seeds are equal, other seeds are not, in any batch", async () => {
    const model = await loaded;
    const spec = {
      interventions: ["noise(0.5):blocks.8.hook_resid_post@latent.0"],
      capture: ["blocks.8.hook_resid_post"],
    };
    const alone = await model.run(question, { ...spec, seed: 1 });
    const [, second] = await model.runBatch([questions[0] ?? "", question], { ...spec, seed: 1 });
    const other = await model.run(question, { ...spec, seed: 2 });
    expect(at8(alone, 0)[5]).toBeCloseTo((second === undefined ? 0 : at8(second, 0)[5]) ?? 0, 3);
    expect(at8(alone, 0)[5]).not.toBeCloseTo(at8(other, 0)[5] ?? 0, 3);
  });

  test("knockout takes the key out and renormalises; raw does not; a key that gets no attention is a no-op", async () => {
    const clean = await text("scale(1):hook_embed@bot");
    const row = (result: RunResult): Float32Array => {
      const { data } = result.captures.get("blocks.8.attn.hook_pattern");
      return data.slice(result.layout.indexOf(at.eot) * result.layout.length).slice(0, result.layout.length);
    };
    const key = clean.layout.indexOf(at.question(0));
    const cut = row(await text("knockout(eot→question.0):blocks.8.attn.hook_pattern@eot"));
    expect(cut[key]).toBe(0);
    expect(cut.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    const raw = row(await text("knockout(eot→question.0,raw):blocks.8.attn.hook_pattern@eot"));
    expect(raw.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1 - (row(clean)[key] ?? 0), 5);
    await expect(text("knockout(latent.0→latent.3):blocks.8.attn.hook_pattern@latent.0")).rejects.toThrow(
      /not a key of this row/,
    );
  });

  test("pin keeps later latents' inputs clean, propagate changes them", async () => {
    const clean = await text("scale(1):hook_embed@bot");
    const inputs = (result: RunResult, k: number): number[] => [
      ...result.captures.get("latents.hook_input").data.slice(k * 64, (k + 1) * 64),
    ];
    const pinned = await text("zero:blocks.8.hook_resid_post@latent.0!pin");
    const propagated = await text("zero:blocks.8.hook_resid_post@latent.0");
    for (const k of [1, 2, 5]) {
      expect(largestDifference(inputs(pinned, k), inputs(clean, k))).toBeLessThan(1e-4);
      expect(largestDifference(inputs(propagated, k), inputs(clean, k))).toBeGreaterThan(1e-2);
    }
  });
});
