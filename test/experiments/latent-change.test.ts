/** What knockouts take away and what they change in the latents: as PyTorch has it, as captures have it. */
// @needs engine, time

import { afterAll, describe, expect, test } from "vitest";
import { formatIntervention } from "../../src/model/hooks/interventions.js";
import { conditionsOf, STUDIES } from "../../src/studies/index.js";
import { cutAttentionOf } from "../../src/studies/shared/knockout-attention.js";
import { latentChangeOf, relativeChange } from "../../src/studies/shared/knockout-change.js";
import { knockoutSide } from "../../src/studies/shared/knockout-side.js";
import { condition, type StudyCondition } from "../../src/studies/study.js";
import { type PlannedResult, resultsAsPlanned } from "../support/job.js";
import { readJson } from "../support/parity.js";
import { loadTiny, question as longest, problems as tinyProblems } from "../support/tiny.js";

interface Case {
  readonly question: string;
  readonly reader: string;
  readonly keys: string[];
  readonly change: number[];
  /** By layer, mean over heads, summed over the keys. */
  readonly attention: number[];
}

const model = await loadTiny();
afterAll(() => model.dispose());

const run = (
  studies: readonly string[],
  questions: readonly string[],
  conditions: readonly StudyCondition[],
): Promise<PlannedResult[][]> =>
  resultsAsPlanned(model, numbered(questions), conditions, { ablateLayer: 2, layers: [2], maxNewTokens: 4, studies });

function numbered(questions: readonly string[]) {
  return questions.map((question, index) => ({
    index,
    problem: { id: `${index}`, question, expected: 7, difficulty: "1-step" as const },
  }));
}

describe("latentChange and cutAttention", () => {
  const { cases } = readJson<{ cases: Case[] }>("latent_change");

  test("are what PyTorch finds where the same keys are masked before the softmax", async () => {
    const [baseline] = conditionsOf(["latent-to-latent"], { layer: 2, depth: 16, latents: 6, protocol: "codi" });
    if (baseline === undefined) throw new Error("no baseline");
    for (const { question, reader, keys, change, attention } of cases) {
      const text = `knockout(${reader}→${keys.join("+")}):blocks.*.attn.hook_pattern@${reader}`;
      const cut = condition("latent-to-latent", "cut", { interventions: [text], factors: {} });
      const [row] = await run(["latent-to-latent"], [question], [baseline, cut]);
      const [clean, result] = [row?.[0]?.result, row?.[1]?.result];
      if (clean === undefined || result === undefined) throw new Error("no result");
      const { latentChange = [] } = latentChangeOf(result, clean);
      expect(latentChange.length).toBe(6);
      for (const [k, value] of latentChange.entries())
        expect(Math.abs((value ?? Number.NaN) - (change[k] ?? 0)), `${reader} ${k}`).toBeLessThan(2e-5);
      const { cutAttention = [] } = cutAttentionOf(cut.interventions, clean);
      expect(cutAttention.length).toBe(16);
      for (const [layer, share] of cutAttention.entries())
        expect(Math.abs(share - (attention[layer] ?? Number.NaN)), `${reader}, layer ${layer}`).toBeLessThan(2e-5);
    }
  });

  test("of a whole batch is what captures of single runs have", async () => {
    const conditions = conditionsOf(
      ["question-to-latent", "latent-to-latent"],
      { layer: 2, depth: 16, latents: 6, protocol: "codi" },
      { withControls: false },
    );
    const site = "blocks.15.hook_resid_post" as const;
    const asked = [longest, tinyProblems[0]?.question ?? ""];
    const found = await run(["question-to-latent"], asked, conditions);
    const { dModel } = model.config;
    for (const [q, question] of asked.entries()) {
      const before = await model.run(question, { capture: [site], maxNewTokens: 1 });
      const first = before.promptIds.length;
      for (const [c, each] of conditions.entries()) {
        // The single runs end before the answer, which no latent reads.
        if (c % 9 !== 1 || each.factors["from"] === "answer") continue;
        const { result, interventions } = found[q]?.[c] ?? {};
        const clean = found[q]?.[0]?.result;
        if (result === undefined || clean === undefined || interventions === undefined) throw new Error("no result");
        const texts = interventions.map(formatIntervention);
        const after = await model.run(question, { capture: [site], maxNewTokens: 1, interventions: texts });
        const [a, b] = [before, after].map(({ captures }) => captures.get(site).data);
        const wanted = [0, 1, 2, 3, 4, 5].map((k) => {
          let [moved, norm] = [0, 0];
          for (let i = (first + k) * dModel; i < (first + k + 1) * dModel; i++) {
            moved += ((b?.[i] ?? 0) - (a?.[i] ?? 0)) ** 2;
            norm += (a?.[i] ?? 0) ** 2;
          }
          return Math.sqrt(moved) / Math.sqrt(norm);
        });
        const { latentChange = [] } = latentChangeOf(result, clean);
        expect(latentChange.length, each.name).toBe(6);
        for (const [k, value] of latentChange.entries())
          expect(Math.abs((value ?? Number.NaN) - (wanted[k] ?? 0)), `${each.name}, ${k}`).toBeLessThan(1e-5);
      }
    }
  });

  test("is not kept where neither study runs, and belongs to these two alone", async () => {
    const other = condition("mine", "zero", { interventions: ["zero:latents.hook_input@latent.1"], factors: {} });
    const chosen = [condition("baseline", "baseline", { interventions: [], factors: {} }), other];
    const [row] = await run(["lens"], [longest], chosen);
    expect(row?.map(({ result }) => result.latentStates)).toEqual([null, null]);
    const [asked] = await run(["latent-to-latent"], [longest], chosen);
    const [clean, result] = [asked?.[0]?.result, asked?.[1]?.result];
    if (clean === undefined || result === undefined) throw new Error("no result");
    expect(result.latentStates?.length).toBe(6);
    const measuring = STUDIES.filter(({ measure }) => measure === knockoutSide.measure).map(({ name }) => name);
    expect(measuring).toEqual(["question-to-latent", "latent-to-latent"]);
    expect(cutAttentionOf(other.interventions, clean)).toEqual({});
    // The answer's tokens are read at other steps.
    const answer = condition("latent-to-latent", "cut", {
      interventions: ["knockout(answer→latent.1):blocks.*.attn.hook_pattern@answer"],
      factors: {},
    });
    expect(cutAttentionOf(answer.interventions, clean)).toEqual({});
  });

  test("relativeChange() by hand; nothing to compare with where all is zero", () => {
    expect(relativeChange(Float32Array.of(3, 4), Float32Array.of(3, 1))).toBe(0.6);
    expect(relativeChange(Float32Array.of(0, 0), Float32Array.of(3, 1))).toBe(null);
  });
});
