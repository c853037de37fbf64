/** A prompt that is fed in two pieces, and one that several questions share: the same numbers, from fewer token-forwards. */
// @needs engine

import { afterAll, describe, expect, test } from "vitest";
import { at, CodiModel, type Condition, type LoopCounts } from "../../../src/index.js";
import { parseIntervention } from "../../../src/model/hooks/interventions.js";
import { problems } from "../../support/tiny.js";

const loaded = CodiModel.load("weights/tiny-codi");
const question = problems[0]?.question ?? "";
const OUTPUT = "blocks.15.hook_resid_post";

afterAll(async () => {
  (await loaded).dispose();
});

function zeroed(position: number, layer: number): Condition {
  const text = `zero:blocks.${layer}.hook_resid_post@question.${position}`;
  return { name: text, interventions: [parseIntervention(text)] };
}

const CLEAN: Condition = { name: "clean", interventions: [] };
const LAYERS = Array.from({ length: 16 }, (_, layer) => layer);

describe("a prompt in two pieces", () => {
  test("gives what each run gives by itself, and feeds what no row changes once", async () => {
    const model = await loaded;
    const from = model.promptIds(question).length - 4;
    const conditions = [CLEAN, ...LAYERS.map((layer) => zeroed(from, layer))];
    let counts: LoopCounts | undefined;
    const [rows = []] = await model.runConditions([question], conditions, {
      maxNewTokens: 8,
      onCounts: (each) => {
        counts = each;
      },
    });
    for (const [i, condition] of conditions.entries()) {
      const alone = await model.run(question, { interventions: condition.interventions, maxNewTokens: 8 });
      expect(rows[i]?.answer.text).toBe(alone.answer.text);
      expect(rows[i]?.answer.margin).toBeCloseTo(alone.answer.margin ?? Number.NaN, 3);
      expect(rows[i]?.fired.map(({ planned, count }) => count - planned)).toEqual(condition.interventions.map(() => 0));
    }
    // Whoever looks at the prompt sees it whole, so that its columns are fed for every row.
    let whole: LoopCounts | undefined;
    await model.runConditions([question], conditions, {
      maxNewTokens: 8,
      capture: [OUTPUT],
      onCounts: (each) => {
        whole = each;
      },
    });
    const fewer = (whole?.tokenForwards ?? 0) - (counts?.tokenForwards ?? 0);
    // 16 rows part evenly over the blocks, so half of each's columns but the last few are saved.
    expect(fewer).toBeGreaterThan(4 * from);
  });

  test("reads the same where a hook acts before the cut", async () => {
    const model = await loaded;
    const conditions = [CLEAN, zeroed(0, 3), ...LAYERS.map((layer) => zeroed(20, layer))];
    const [rows = []] = await model.runConditions([question], conditions, { maxNewTokens: 8 });
    const alone = await model.run(question, { interventions: zeroed(0, 3).interventions, maxNewTokens: 8 });
    expect(rows[1]?.answer.margin).toBeCloseTo(alone.answer.margin ?? Number.NaN, 3);
  });
});

describe("rows that part early", () => {
  test.each([2, 9])(
    "part late where states of blocks are captured: below %i edits they are the clean run's, to the bit",
    async (edits) => {
      const model = await loaded;
      const texts = Array.from({ length: edits }, (_, i) => `scale(${i + 2}):blocks.8.hook_resid_post@latent.2`);
      const conditions = [CLEAN, ...texts.map((text) => ({ name: text, interventions: [parseIntervention(text)] }))];
      const capture = [3, 7, 8].map((layer) => `blocks.${layer}.hook_resid_post` as const);
      const [runs = []] = await model.runConditions([question], conditions, { maxNewTokens: 4, capture });
      const [clean, ...edited] = runs.map(({ captures }) =>
        capture.map((site) => Array.from(captures.at(site, at.latent(2)).data)),
      );
      for (const own of edited) {
        expect(own.slice(0, 2)).toEqual(clean?.slice(0, 2));
        expect(own[2]).not.toEqual(clean?.[2]);
      }
    },
  );
});

describe("a question whose derivatives are taken many times", () => {
  const INPUT = "latents.hook_input";
  const dot = (width: number, k: number): Float32Array =>
    Float32Array.from({ length: width }, (_, i) => Math.sin(i + k));

  test("shares its prompt, and each has the gradient that it has alone", async () => {
    const model = await loaded;
    const { dModel: width } = model.config;
    const of = (k: number) =>
      ({ kind: "dot", site: INPUT, address: `latent.${1 + (k % 5)}`, vector: dot(width, k) }) as const;
    const other = problems[1]?.question ?? "";
    const asked = [question, question, other, question, question, question];
    const together = await model.gradientBatch(asked, { of, at: [INPUT], downstream: "pin" });
    for (const [k, text] of asked.entries()) {
      const alone = await model.gradient(text, { of: of(k), at: [INPUT], downstream: "pin" });
      expect(together[k]?.question).toBe(text);
      expect(together[k]?.value).toBeCloseTo(alone.value, 3);
      const [a, b] = [together[k]?.gradients, alone.gradients].map(
        (each) => each?.at(INPUT, at.latent()).data ?? new Float32Array(),
      );
      const size = Math.hypot(...Array.from(b ?? []));
      const apart = Math.hypot(...Array.from(a ?? []).map((value, i) => value - (b?.[i] ?? Number.NaN)));
      expect(size).toBeGreaterThan(0);
      expect(apart / size).toBeLessThan(1e-4);
    }
  });

  test("has its prompt apart where derivatives reach it", async () => {
    const model = await loaded;
    const { dModel: width } = model.config;
    const of = (k: number) => ({ kind: "dot", site: INPUT, address: "latent.2", vector: dot(width, k) }) as const;
    const site = "blocks.2.hook_resid_post";
    const together = await model.gradientBatch([question, question], { of, at: [site] });
    for (const [k, { gradients }] of together.entries()) {
      const alone = await model.gradient(question, { of: of(k), at: [site] });
      const [a, b] = [gradients, alone.gradients].map((each) => Array.from(each.at(site, at.question(5)).data));
      const size = Math.hypot(...(b ?? []));
      expect(size).toBeGreaterThan(0);
      expect(Math.hypot(...(a ?? []).map((value, i) => value - (b?.[i] ?? Number.NaN))) / size).toBeLessThan(1e-3);
    }
  });

  test("moves along its own direction in forward mode", async () => {
    const model = await loaded;
    const { dModel: width } = model.config;
    const along = (k: number) => [{ site: INPUT, address: at.latent(k), direction: dot(width, k) }] as const;
    const together = await model.jvpBatch([question, question, question], { along, at: [INPUT] });
    for (const [k, { changes }] of together.entries()) {
      const alone = await model.jvp(question, { along: along(k), at: [INPUT] });
      const [a, b] = [changes, alone.changes].map((each) => Array.from(each.at(INPUT, at.latent()).data));
      const size = Math.hypot(...(b ?? []));
      expect(Math.hypot(...(a ?? []).map((value, i) => value - (b?.[i] ?? Number.NaN))) / size).toBeLessThan(1e-4);
    }
  });
});
