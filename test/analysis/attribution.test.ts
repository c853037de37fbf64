/** The study `attribution` on made-up maps whose r, slope and shares were worked out by hand. */
// @needs nothing

import { describe, expect, test } from "vitest";
import { attributionFinding } from "../../src/studies/attribution/finding.js";
import { story } from "../../src/studies/attribution/story.js";
import { attributionSummary } from "../../src/studies/attribution/summary.js";
import type { RunFacts } from "../../src/studies/finding.js";
import type { PatchRow } from "../../src/studies/patching/summary.js";
import type { StudyRecord } from "../../src/studies/shared/rows.js";
import { keptPair } from "../support/kept-pair.js";

const BLOCKS = 20;
const blocks = Array.from({ length: BLOCKS }, (_, block) => block);
/** Both runs' logit differences: an effect of 1 goes from 10 to -10. */
const [CLEAN, OTHER] = [10, -10];
const effects = (of: (block: number) => number): number[] => blocks.map((block) => CLEAN + of(block) * (OTHER - CLEAN));

/**
 * At BOT the patch does k/20 in block k - 1, the step is small, and the gradient predicts half of it; at latent 0 it does -k/20, the step
 * is large, and the gradient predicts nothing. Integrated gradients are right everywhere.
 */
function rowsOf(id: string): PatchRow[] {
  const up = effects((block) => (block + 1) / 20);
  const down = effects((block) => -(block + 1) / 20);
  const base = {
    rows: ["bot", "latent.0"],
    columns: blocks.map(String),
    numbers: [[], []],
    unrelated: null,
  };
  const maps = {
    patched: { ...base, differences: [up, down] },
    gradient: {
      ...base,
      differences: [effects((block) => (block + 1) / 40), effects(() => 0)],
      steps: [blocks.map(() => 0.05), blocks.map(() => 1.5)],
      peaks: [blocks.map((block) => (block === BLOCKS - 1 ? null : 0.3)), blocks.map(() => 0.99)],
    },
    integrated: { ...base, differences: [up, down], way: [OTHER, -9, -8, -7, -6, -5, 5, 9, CLEAN] },
  };
  return Object.entries(maps).map(([by, map]) => ({
    problemId: id,
    factors: { by, site: "resid" },
    pair: PAIR,
    map,
  }));
}

const PAIR = keptPair({ differences: { clean: CLEAN, counterfactual: OTHER } });
const DROPPED: PatchRow = {
  problemId: "x",
  factors: { by: "patched", site: "resid" },
  pair: { status: "dropped", reason: "why" },
  map: null,
};
const ids = Array.from({ length: 10 }, (_, i) => `p${i}`);
/** Two more pairs are predicted, at twice the others' effect, and not patched. */
const unpatched = ["q0", "q1"].flatMap((id) =>
  rowsOf(id).map(
    (row): PatchRow =>
      row.factors["by"] === "patched" || row.map === null
        ? { ...row, pair: { status: "not drawn" }, map: null }
        : {
            ...row,
            map: { ...row.map, differences: row.map.differences.map((each) => each.map((d) => 2 * d - CLEAN)) },
          },
  ),
);
const rows = [...ids.flatMap(rowsOf), ...unpatched, DROPPED];

describe("attributionSummary()", () => {
  const summary = attributionSummary(rows, 1);
  const group = (by: string, name: string) =>
    summary?.groups.find((each) => each.by === by && each.name === name)?.agreement;

  test("over all cells: r, slope, signs and error as worked out", () => {
    expect(summary).toMatchObject({ pairs: 10, predicted: 12, cellsEach: 40, dropped: [{ reason: "why", count: 1 }] });
    const { gradient, integrated } = group("all", "all cells") ?? {};
    // Σk² = 2870: Sxx = 2 · 2870 / 400, Sxy = 2870 / 800, Syy = 2870 / 1600 - 40 · (5.25 / 40)².
    expect(gradient?.slope).toMatchObject({ value: expect.closeTo(2870 / 800 / (2870 / 200), 10), n: 10 });
    const r = 2870 / 800 / Math.sqrt((2870 / 200) * (2870 / 1600 - 40 * (5.25 / 40) ** 2));
    expect(gradient?.r).toMatchObject({ value: expect.closeTo(r, 10) });
    // Half of the cells have the wrong sign, or none; mean error (5.25 + 10.5) / 40.
    expect(gradient).toMatchObject({
      cells: 400,
      signs: { value: 0.5 },
      error: { value: expect.closeTo(0.39375, 10) },
    });
    for (const key of ["r", "slope", "signs"] as const)
      expect(integrated?.[key]).toMatchObject({ value: expect.closeTo(1, 10) });
    expect(integrated?.error).toMatchObject({ value: expect.closeTo(0, 10) });
  });

  test("maps of predictions are means over all pairs, and what is compared over those that were patched", () => {
    // Integrated, block 9 at BOT: 0.5 in ten pairs and 1 in two.
    const [all, compared] = [summary?.predictions, summary?.cells].map((cells) =>
      cells?.find(({ row, block }) => row === "bot" && block === 9),
    );
    expect(all).toMatchObject({ pairs: 12, predicted: { integrated: expect.closeTo(7 / 12, 10) } });
    expect(compared).toMatchObject({ pairs: 10, predicted: { integrated: expect.closeTo(0.5, 10) } });
  });

  test("of the 20 strongest cells half are named, since only one of two rows is predicted at all", () => {
    expect(summary?.top).toMatchObject({ gradient: { value: 0.5, n: 10 }, integrated: { value: 1 } });
    expect(summary?.means).toMatchObject({ gradient: { top: 0.5 }, integrated: { top: 1 } });
  });

  test("cells are sorted by step and by attention, and only those with a block after them by attention", () => {
    expect(group("step", "below 0.1")?.gradient).toMatchObject({ cells: 200, r: { value: expect.closeTo(1, 10) } });
    expect(group("step", "1 or more")?.gradient).toMatchObject({ cells: 200, r: { kind: "undefined" } });
    expect(group("attention", "below 0.5")?.gradient.cells).toBe(190);
    expect(group("attention", "no block follows")?.gradient.cells).toBe(10);
    expect(group("effect", "0.1 to 0.5")?.gradient.cells).toBe(160);
    expect(group("position", "latent.0")?.gradient.slope).toMatchObject({ value: expect.closeTo(0, 10) });
  });

  test("the way's largest step is 10 of 20, and its last one 1 of 20", () => {
    expect(summary?.way).toMatchObject({ largest: { value: 0.5, n: 12 }, last: { value: expect.closeTo(0.05, 10) } });
  });
});

describe("attributionFinding()", () => {
  const rate = { kind: "value", value: 1, low: 0.7, high: 1, n: 10 } as const;
  const run: RunFacts = { protocol: "codi", testMode: false, seed: 1, baseline: { n: 10, correct: 10, rate } };
  const found = (some: readonly PatchRow[]) => {
    const records = some.map(({ problemId, factors, pair, map }) => ({
      problem: { id: problemId },
      condition: { factors },
      pair,
      map,
    })) as unknown as StudyRecord[];
    return attributionFinding({ story, rows: [], records, baselines: [], run, file: () => null });
  };

  test("says r of both ways, where the gradient errs most, and why", () => {
    const { sentence = "", headline, exhibits = [] } = found(rows) ?? {};
    expect(sentence).toContain("predicts the effects of 40 patches a pair with r = 0.90 [0.90, 0.90] and slope 0.25");
    expect(sentence).toContain("with r = 1.00 [1.00, 1.00] and slope 1.00");
    expect(sentence).toMatch(/where the change is 1 or more times as long as the activation \(mean error 0\.5[23] /);
    expect(sentence).toMatch(/largest attention weight is 0\.95 or more \(0\.5[23] /);
    expect(sentence).toContain("0.50 [0.50, 0.50] of the change falls into the largest of eight steps");
    expect(sentence).toContain(
      "12 pairs of a question and the same with one number changed, beside exact patches of 10 of them; 1 problem dropped (1: why).",
    );
    expect(headline?.sentence).toMatch(/r = 0\.90 .*n = 10 of 12 pairs/);
    expect(exhibits.map(({ kind, key }) => `${kind} ${key}`)).toEqual(["figure ", "figure points", "table "]);
    const [, , table] = exhibits;
    expect(table?.kind === "table" && table.files.map(({ rows: lines }) => lines.length)).toEqual([42, 40, 40]);
  });

  test("of few pairs only that there are too few, and without a pair nothing is drawn", () => {
    expect(found(rowsOf("a"))?.headline?.sentence).toMatch(/too few to say \(n = 1 pairs\)/);
    const none = found([DROPPED]);
    expect([none?.exhibits, none?.headline, none?.method]).toEqual([
      [],
      null,
      "No question had a pair, so nothing was predicted.",
    ]);
    expect(found([])).toBeNull();
  });
});
