/** `patch(name)` against PyTorch hooks, in both directions, as branches of one run; and what patching must not do. */
// @needs engine, time

import { describe, expect, test } from "vitest";
import { CodiModel, type Condition, parseIntervention, type RunResult, tf, UsageError } from "../../src/index.js";
import { numberOrNull } from "../../src/model/latent/run/run-score.js";
import { widened } from "../../src/model/tensor/floats.js";
import { compare, modelFolder, openFixture, readJson } from "../support/parity.js";

interface Case {
  readonly model: string;
  readonly base: "clean" | "counterfactual";
  readonly site: string;
  readonly addresses: string[];
  readonly head: number | null;
  readonly answer: number[];
  /** First answer tokens of the base's and of the other run. */
  readonly own: number;
  readonly other: number;
  readonly difference: number;
  readonly logits: number[];
  readonly gap: number;
}

interface Fixture {
  readonly clean: string;
  readonly counterfactual: Readonly<Record<string, string>>;
  readonly max_new_tokens: number;
  readonly cases: Case[];
}

const fixture = readJson<Fixture>("patching");
const sites = [...new Set(fixture.cases.map(({ site }) => site))];
const BASES = ["clean", "counterfactual"] as const;

const asCondition = ({ site, addresses, head }: Case, from = "other"): Condition => ({
  name: `${site} ${addresses} ${head}`,
  interventions: [parseIntervention(`patch(${from}${head === null ? "" : `,head.${head}`}):${site}@${addresses}`)],
});

describe.each(Object.keys(fixture.counterfactual))("patching on %s", (name) => {
  const questions = [fixture.clean, fixture.counterfactual[name] ?? ""];
  const casesOf = (base: string): Case[] => fixture.cases.filter((each) => each.model === name && each.base === base);

  test("answers, logits and logit differences are the reference's at question, BOT, latents, EOT and answer", async () => {
    using model = await CodiModel.load(modelFolder(name), { engine: "native" });
    const file = await openFixture("patching");
    const table = widened(await file.read(`${name}.logits`));
    const width = file.tensors.get(`${name}.logits`)?.shape[1] ?? 0;
    const options = { maxNewTokens: fixture.max_new_tokens };
    const runs = await model.runBatch(questions, { ...options, capture: sites });
    const tensors = tf.memory().numTensors;
    for (const [question, base] of BASES.entries()) {
      const cases = casesOf(base);
      expect(cases.length).toBeGreaterThan(30);
      const { own = 0, other = 0 } = cases[0] ?? {};
      const conditions = [{ name: "baseline", interventions: [] }, ...cases.map((each) => asCondition(each))];
      const [[clean, ...rows] = []] = await model.runConditions([questions[question] ?? ""], conditions, {
        ...options,
        capture: ["hook_logits"],
        sources: { other: [runs[1 - question] as RunResult] },
        contrasts: [{ tokens: [own], other }],
      });
      expect(clean?.answer.ids[0]).toBe(own);
      expect(clean?.score?.logitDifference).toBeCloseTo(differenceIn(clean as RunResult, own, other), 4);
      for (const [i, each] of cases.entries()) {
        const row = rows[i] as RunResult;
        expect(row.answer.ids, JSON.stringify(each)).toEqual(each.answer);
        const wanted = Float32Array.from(
          each.logits.flatMap((place) => [...table.subarray(place * width, (place + 1) * width)]),
        );
        const { found, allowed } = compare(each.site, answerLogits(row), wanted, each.gap);
        expect(found, JSON.stringify(each)).toBeLessThanOrEqual(allowed);
        expect(Math.abs((numberOrNull(row.score.logitDifference) ?? Number.NaN) - each.difference)).toBeLessThanOrEqual(
          2 * allowed,
        );
      }
    }
    expect(tf.memory().numTensors).toBe(tensors);
  });

  test("a run patched with its own activations stays as it is, at every site and position of the fixture", async () => {
    using model = await CodiModel.load(modelFolder(name), { engine: "native" });
    const options = { maxNewTokens: fixture.max_new_tokens };
    const runs = await model.runBatch(questions, { ...options, capture: sites });
    const conditions = [{ name: "baseline", interventions: [] }, ...casesOf("clean").map((each) => asCondition(each))];
    const [[clean, ...rows] = []] = await model.runConditions([fixture.clean], conditions, {
      ...options,
      capture: ["hook_logits"],
      sources: { other: [runs[0] as RunResult] },
    });
    const wanted = answerLogits(clean as RunResult);
    const noise = Math.max(...casesOf("clean").map(({ gap }) => gap));
    for (const row of rows) {
      expect(row.answer.ids).toEqual(clean?.answer.ids);
      const { found, allowed } = compare("logits", answerLogits(row), wanted, noise);
      expect(found).toBeLessThanOrEqual(allowed);
    }
  });

  test("a run that is missing, kept another site, or has no such position or head is refused", async () => {
    using model = await CodiModel.load(modelFolder(name), { engine: "native" });
    const [source] = await model.runBatch(["Hi."], { capture: ["blocks.1.attn.hook_z"], maxNewTokens: 3 });
    const run = (spec: string): Promise<RunResult> =>
      model.run(fixture.clean, { interventions: [spec], sources: { other: [source as RunResult] }, maxNewTokens: 3 });
    await expect(run("patch(third):blocks.1.attn.hook_z@bot")).rejects.toThrow(/0 runs named "third" for 1 questions/);
    await expect(run("patch(other):blocks.1.hook_mlp_out@bot")).rejects.toThrow(/was not captured/);
    await expect(run("patch(other):blocks.1.attn.hook_z@question.20")).rejects.toThrow(
      /that run has no position "question.20"/,
    );
    await expect(run("patch(other,head.99):blocks.1.attn.hook_z@bot")).rejects.toThrow(/head 99 is out of range/);
    await expect(run("patch(other,head.1):blocks.1.hook_mlp_out@bot")).rejects.toThrow(/has no heads/);
    expect(() => parseIntervention("patch:blocks.1.hook_mlp_out@bot")).toThrow(UsageError);
  });
});

function answerLogits({ captures, layout, answer }: RunResult): Float32Array {
  const { data, shape } = captures.get("hook_logits");
  const vocab = shape[2] ?? 0;
  const first = (layout.find({ part: "eot", index: layout.parts.eot - 1 }) ?? 0) * vocab;
  return data.slice(first, first + answer.ids.length * vocab);
}

function differenceIn(run: RunResult, own: number, other: number): number {
  const logits = answerLogits(run);
  return (logits[own] ?? Number.NaN) - (logits[other] ?? Number.NaN);
}
