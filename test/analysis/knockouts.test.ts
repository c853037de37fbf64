/** What is said of knockouts: what they take away and change, beside their controls, and whether the one tells the other. */
// @needs nothing

import { describe, expect, test } from "vitest";
import type { Compared, KnockoutRow } from "../../src/studies/shared/knockout-effects.js";
import { attentionPredictions } from "../../src/studies/shared/knockout-predictions.js";
import { knockoutTable } from "../../src/studies/shared/knockout-table.js";
import { found, foundStudies } from "../support/found.js";

const STUDY = "question-to-latent";
const control = "as many at random";

interface Made {
  readonly change?: readonly (number | null)[];
  readonly attention?: readonly number[];
  readonly loss?: number;
}

function rowsOf(name: string, factors: Record<string, string>, problems: readonly Made[]): KnockoutRow[] {
  return problems.map(({ change, attention, loss }, problem) => ({
    study: STUDY,
    condition: name,
    factors,
    problemId: `${problem}`,
    baselineCorrect: true,
    correct: true,
    deltaLogProb: loss === undefined ? null : -loss,
    kl: null,
    ...(change === undefined ? {} : { latentChange: change }),
    ...(attention === undefined ? {} : { cutAttention: attention }),
  }));
}

function four(change: readonly number[], attention?: readonly number[]): Made[] {
  return [0, 1, 2, 3].map(() => ({ change, ...(attention === undefined ? {} : { attention }) }));
}

const MADE = [
  ...rowsOf("bot a", { from: "bot", span: "all numbers" }, four([0.5, 0.3, 0.1], [0.25, 0.5])),
  ...rowsOf("bot b", { from: "bot", span: "all but numbers" }, four([0.9, 0.9, 0.9], [0.9, 0.7])),
  ...rowsOf("latent.1 a", { from: "latent.1", span: "a" }, four([0, 0.25, 0.75], [0.125, 0.125])),
  ...rowsOf("latent.2 a", { from: "latent.2", span: "a" }, four([0, 0, 0.125])),
  ...rowsOf("latent.1 c", { from: "latent.1", span: control, control, instead: "a" }, four([0, 0, 0.375], [0, 0.125])),
  // An older run: its control stands for all numbers without saying so.
  ...rowsOf("bot c", { from: "bot", span: control, control }, four([0.0625, 0, 0], [0.125, 0.125])),
  ...rowsOf("eot a", { from: "eot", span: "a" }, four([0, 0, 0], [0.5, 0.5])),
  ...rowsOf("answer a", { from: "answer", span: "a" }, four([0, 0, 0])),
];

describe("what is said of knockouts", () => {
  const [summary] = foundStudies(MADE, { seed: 0 });
  if (summary === undefined) throw new Error("no summary");

  test("attention, the reader's own change and the later ones', the control of the same reader and span, and what is beyond it", () => {
    const value = (each: Compared): (number | null)[] =>
      [each.own, each.control, each.beyond].map((one) => (one.kind === "value" ? one.value : null));
    const found = summary.conditions.map(({ condition, knockout }) => [
      condition,
      ...(knockout === undefined ? [] : [knockout.attention, knockout.reader, knockout.later].map(value)),
    ]);
    const none = [null, null, null];
    expect(found).toEqual([
      ["bot a", [0.375, 0.125, 0.25], [0.5, 0.0625, 0.4375], [0.2, 0, 0.2]],
      ["bot b", [0.8, null, null], [0.9, null, null], [0.9, null, null]],
      ["latent.1 a", [0.125, 0.0625, 0.0625], [0.25, 0, 0.25], [0.75, 0.375, 0.375]],
      ["latent.2 a", none, [0.125, null, null], none],
      ["latent.1 c", [0.0625, null, null], [0, null, null], [0.375, null, null]],
      ["bot c", [0.125, null, null], [0.0625, null, null], [0, null, null]],
      ["eot a", [0.5, null, null], none, none],
      ["answer a"],
    ]);
    expect(summary.conditions.map(({ knockout }) => knockout?.top?.block ?? null)).toEqual([
      1,
      0,
      0,
      null,
      1,
      0,
      0,
      null,
    ]);
  });

  test("the sentence names what has most beyond its control, not what is longest", () => {
    const { sentence } = summary;
    expect(sentence).toContain(
      "the share of the reader's attention in the baseline that is cut is furthest beyond its control under “bot a”: 0.38, n = 4: too few to say, 0.25, n = 4: too few to say beyond it (n = 4; picked, so exploratory).",
    );
    expect(sentence).toContain(
      "the change of the reader's own state after the last block, as a share of its norm, is furthest beyond its control under “bot a”: 0.50, n = 4: too few to say, 0.44, n = 4: too few to say beyond it (n = 4; picked, so exploratory).",
    );
    expect(sentence).toContain(
      "the change of the later latents' states after the last block, as a share of their norm, is furthest beyond its control under “latent.1 a”: 0.75, n = 4: too few to say, 0.38, n = 4: too few to say beyond it (n = 4; picked, so exploratory).",
    );
  });

  test("the table has a row an effect, and a dash where there is nothing to say", () => {
    const made = knockoutTable(STUDY, summary.conditions);
    expect(made?.rows.map(([name]) => name)).toEqual(["bot a", "bot b", "latent.1 a", "latent.2 a", "eot a"]);
    expect(made?.rows[3]).toEqual(["latent.2 a", "–", "–", "–", "0.13, n = 4: too few to say", "–", "–", "–"]);
    expect(made?.rows[4]).toEqual(["eot a", "0.50, n = 4: too few to say", "–", "0", "–", "–", "–", "–"]);
  });

  test("runs that did not record it say nothing", () => {
    const bare = MADE.map(({ latentChange: _, cutAttention: __, ...row }) => row);
    const [old] = foundStudies(bare, { seed: 0 });
    expect(old?.conditions[0]).not.toHaveProperty("knockout");
    expect(old).not.toHaveProperty("predictions");
    expect(old?.sentence).not.toMatch(/state after|attends/);
    expect(old === undefined ? "" : knockoutTable(STUDY, old.conditions)).toBeNull();
  });
});

describe("attentionPredictions()", () => {
  const RANKS = [0, 1, 3, 2];
  // Within each condition Σxy / Σxx of the centred ranks is 4 / 5, of the loss −4 / 5; the conditions' own levels go the other way.
  const rows = [0, 1].flatMap((at) =>
    rowsOf(
      `latent.${at} a`,
      { from: `latent.${at}`, span: "a" },
      [0, 1, 2, 3].map((problem) => ({
        change: [0.1 * (RANKS[problem] ?? 0) + 0.5 * at, 0.1 * (RANKS[problem] ?? 0) + 0.5 * at],
        attention: [0.1 * problem + 0.5 * (1 - at), 0.1 * problem + 0.5 * (1 - at)],
        loss: -(RANKS[problem] ?? 0),
      })),
    ),
  );

  test("r within conditions, and p by all 24 orders of four problems, Holm-adjusted over the two", () => {
    const predicted = attentionPredictions(rows, 0);
    // The ordered one and the three with two neighbours exchanged reach 0.8, their reverses -0.8.
    const p = { kind: "value", p: expect.closeTo(8 / 24, 12) };
    const holm = { kind: "value", p: expect.closeTo(16 / 24, 12) };
    expect(predicted).toMatchObject([
      { effect: "change of the reader's state", r: { value: expect.closeTo(0.8, 12), n: 8 }, p, holm },
      { effect: "loss of log-probability", r: { value: expect.closeTo(-0.8, 12), n: 8 }, p, holm },
    ]);
    const [summary] = foundStudies(rows, { seed: 0 });
    expect(summary?.sentence).toMatch(
      /with the change of the reader's state r = 0\.80.*, p = 0\.667; with the loss of log-probability r = −0\.80.*, p = 0\.667 \(within conditions;/,
    );
    expect(found(rows)[0]?.tested).toContain("2 tests of attention against effects");
  });

  test("controls do not count, and without attention there is nothing to ask", () => {
    const controls = rows.map((row) => ({ ...row, factors: { ...row.factors, control } }));
    expect(attentionPredictions(controls, 0)).toEqual([]);
    expect(
      attentionPredictions(
        rows.map(({ cutAttention: _, ...row }) => row),
        0,
      ),
    ).toEqual([]);
  });
});
