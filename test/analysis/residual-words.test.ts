/** What the study `residual` says of itself follows the model's family and the protocol. */
// @needs nothing

import { describe, expect, test } from "vitest";
import type { Finding } from "../../src/studies/finding.js";
import { patchingFinding } from "../../src/studies/patching/finding.js";
import { story as patchingStory } from "../../src/studies/patching/story.js";
import { listedComponents } from "../../src/studies/residual/components.js";
import { residualFinding } from "../../src/studies/residual/finding.js";
import type { ResidualReading } from "../../src/studies/residual/record.js";
import { story } from "../../src/studies/residual/story.js";
import type { StudyRecord } from "../../src/studies/shared/rows.js";

/** Two problems' baselines; every component contributes 1. @param numbers problems whose answer has one. */
function found(protocol: string, family: "llama" | "gpt2", numbers = 2): Finding {
  const shape = { layers: 2, heads: 2, ...(family === "gpt2" ? { hasBiases: true } : {}) };
  const parts = listedComponents(shape).map(() => 1);
  const list = [...parts, parts.length];
  const inputs = protocol === "pause" ? [] : [list, list];
  const residual: ResidualReading = {
    ...shape,
    number: {
      position: "eot",
      tokens: { answer: "7", alternative: "8", control: "3" },
      answer: list.map((value) => 3 * value),
      alternative: list.map((value) => 2 * value),
      control: list,
    },
    inputs,
    others: inputs.length === 0 ? null : inputs,
  };
  const baselines = ["a", "b"].map((id, index) => ({
    study: "baseline",
    status: "ok",
    problem: { id, index, question: "How many?", expected: 7 },
    condition: { name: "baseline", interventions: [] },
    residual: { ...residual, ...(index < numbers ? {} : { number: null }) },
  }));
  const rate = { kind: "value", value: 1, low: 0.3, high: 1, n: 2 } as const;
  const run = { protocol, testMode: false, seed: 1, baseline: { n: 2, correct: 2, rate } };
  const finding = residualFinding({ story, rows: [], records: [], baselines, run, file: () => null });
  if (finding === null) throw new Error("nothing was found");
  return finding;
}

/** All that a reader is shown of it. */
function saidIn({ caveat, method, sentence, exhibits }: Finding): string {
  return [caveat, method, sentence, JSON.stringify(exhibits)].join("\n");
}

describe("residual says", () => {
  test.each(["llama", "gpt2"] as const)("of CODI on %s that the projection's GELU is held", (family) => {
    const finding = found("codi", family);
    expect(finding.caveat).toContain("a norm's scale or the gate of the projection's GELU;");
    expect(finding.method).toContain("through the projection to the next latent's input");
    expect(saidIn(finding)).toContain("norms' scales and GELU's gate held.");
  });

  test.each([
    ["coconut", "llama"],
    ["coconut", "gpt2"],
    ["pause", "llama"],
    ["pause", "gpt2"],
  ] as const)("under %s on %s nothing of a projection or its GELU", (protocol, family) => {
    const finding = found(protocol, family);
    expect(finding.caveat).toContain("by way of later blocks or the final norm's scale;");
    expect(saidIn(finding)).toContain("the final norm's scale held.");
    expect(saidIn(finding)).not.toMatch(/projection|GELU/i);
  });

  test.each(["codi", "coconut", "pause"])("under %s on GPT-2 that positions and biases are components", (protocol) => {
    const said = saidIn(found(protocol, "gpt2"));
    expect(said).toContain("Direct contributions of the embedding, the position, every head, every MLP and every bias");
    expect(said).toContain("Every block's attention, MLP and biases (");
    expect(said).toContain("out of all heads, MLPs, their biases, the embedding and the position,");
  });

  test.each(["codi", "coconut", "pause"])("under %s on LLaMA, which has neither, nothing of them", (protocol) => {
    const said = saidIn(found(protocol, "llama"));
    expect(said).toContain("Direct contributions of the embedding, every head and every MLP to");
    expect(said).toContain("out of all heads, MLPs and the embedding,");
    expect(said).not.toMatch(/position\b|(?:attention|mlp|norm) bias/i);
  });
});

describe("where answers have no number", () => {
  test("the method counts those that have one, and tables have no column of the answer where none has", () => {
    expect(found("codi", "gpt2").method).toContain("on 2 problems; they sum");
    expect(found("codi", "gpt2", 1).method).toContain("on 2 problems (1 with such a number); they sum");
    const none = found("codi", "gpt2", 0);
    expect(JSON.stringify(none.exhibits)).not.toContain("answer, logits");
    expect(none.sentence).toContain("(picked out of 12 components, so exploratory)");
    const shown = `${none.method}\n${JSON.stringify(none.exhibits.filter(({ kind }) => kind === "figure"))}`;
    expect(shown).not.toMatch(/the logit of|answer's logit|random (?:other )?number|drawn at random|answer's number/);
    expect(none.method).toMatch(
      /every bias through the projection to the next latent's input, with norms' scales and GELU's gate held, on 2 problems; .*Control: the same latent of another problem\.$/,
    );
  });

  test("under pause, whose inputs are no state, nothing is drawn or said to be taken apart", () => {
    const { exhibits, method } = found("pause", "gpt2", 0);
    expect([exhibits, method]).toEqual([[], "No answer has a number, so nothing was taken apart."]);
    expect(found("pause", "gpt2", 1).exhibits.length).toBeGreaterThan(1);
  });

  test("without a pair nothing is drawn of patching", () => {
    const pair = { status: "dropped", reason: "the model's answer has no number" };
    const records = [{ problem: { id: "a" }, condition: { factors: {} }, pair, map: null }] as unknown as StudyRecord[];
    const rate = { kind: "value", value: 0, low: 0, high: 0.7, n: 1 } as const;
    const run = { protocol: "coconut", testMode: false, seed: 1, baseline: { n: 1, correct: 0, rate } };
    const patched = patchingFinding({ story: patchingStory, rows: [], records, baselines: [], run, file: () => null });
    expect([patched?.exhibits, patched?.method]).toEqual([[], "No question had a pair, so nothing was patched."]);
    expect(patched?.sentence).toMatch(/^Nothing was patched/);
  });
});
