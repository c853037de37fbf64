/** Figures as specifications: the golden file is the specification, not the pixels. */
// @needs build

import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { loadRun, type RunData, type Summary, summarize } from "../../src/analysis/index.js";
import { attentionVsImportance } from "../../src/analysis/main/attention-vs-importance.js";
import { correlationByPosition } from "../../src/analysis/main/correlation-by-position.js";
import { importanceByPosition } from "../../src/analysis/main/importance-by-position.js";
import { importanceHeatmap } from "../../src/analysis/main/importance-heatmap.js";
import { type MadeRun, madeFolder, madeRecords } from "../support/records.js";

const GOLDEN = "test/fixtures/figures.json";

/** Eight problems, the last one with a wrong baseline; attention rises with problem and latent. */
const small: MadeRun = {
  problems: 8,
  baselineCorrect: (problem) => problem !== 7,
  broken: (problem, latent) => problem % (latent + 2) === 0,
  attention: (problem, latent, layer) => 0.01 * (1 + problem + latent) + layer / 1000,
};

function read(run: MadeRun): { data: RunData; summary: Summary } {
  const data = loadRun(madeFolder(madeRecords(run)));
  return { data, summary: summarize(data) };
}

function figureSpecs({ rows }: RunData, summary: Summary): Map<string, Readonly<Record<string, unknown>>> {
  return new Map([
    ["1_importance_by_position", importanceByPosition(summary)],
    ["2_importance_heatmap", importanceHeatmap(summary, rows)],
    ["3_attention_vs_importance", attentionVsImportance(summary, rows)],
    ["4_correlation_by_position", correlationByPosition(summary)],
  ]);
}

const { data, summary } = read(small);
const text = (spec: unknown): string => JSON.stringify(spec);

/** Every object below `value` that satisfies `wanted`. */
function found(value: unknown, wanted: (each: Record<string, unknown>) => boolean): Record<string, unknown>[] {
  if (typeof value !== "object" || value === null) return [];
  const each = value as Record<string, unknown>;
  return [...(wanted(each) ? [each] : []), ...Object.values(each).flatMap((below) => found(below, wanted))];
}

const panelTitles = (spec: unknown): unknown[] =>
  found(spec, ({ text }) => typeof text === "string" && text.startsWith("layer ")).map(({ text }) => text);

describe("figures", () => {
  test("the four specifications equal the golden file (UPDATE_GOLDEN=1 writes it anew; look at the figures then)", () => {
    const specs = Object.fromEntries(figureSpecs(data, summary));
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(GOLDEN, `${JSON.stringify(specs, null, 1)}\n`);
    expect(JSON.parse(JSON.stringify(specs))).toEqual(JSON.parse(readFileSync(GOLDEN, "utf8")));
  });

  test("no figure draws at random or computes an interval of its own", () => {
    for (const [name, spec] of figureSpecs(data, summary))
      expect(text(spec), name).not.toMatch(/errorbar|errorband|"ci"|"stderr"|random|jitter|sample/);
  });

  test("layers stand in numeric order, whatever the order of the summary", () => {
    const turned = { ...summary, correlations: [...summary.correlations].sort((a, b) => b.layer - a.layer) };
    expect(panelTitles(attentionVsImportance(turned, data.rows))).toEqual(["layer 4", "layer 8", "layer 14"]);
    expect(panelTitles(correlationByPosition(turned))).toEqual(["layer 4", "layer 8", "layer 14"]);
  });

  test("every figure says its n and its intervals", () => {
    for (const [name, spec] of figureSpecs(data, summary)) {
      expect(text(spec["title"]), name).toMatch(/7 of 8|n = 7|n = 42 rows \(7 problems/);
      expect(text(spec["title"]), name).toMatch(/95 %/);
    }
  });

  test("protocol seed and test mode are said on every figure", () => {
    const marked = { ...summary, protocol: "seed", testMode: true } as const;
    for (const [name, spec] of figureSpecs(data, marked)) {
      expect(text(spec["title"]), name).toMatch(/PROTOCOL SEED.*flawed.*TEST MODE/);
    }
    for (const [name, spec] of figureSpecs(data, summary)) expect(text(spec), name).not.toMatch(/PROTOCOL|TEST MODE/);
  });
});

describe("importanceByPosition()", () => {
  test("draws counts of baseline-right problems with their Wilson intervals", () => {
    // Problems 0, 2, 4, 6 of 0…7 are broken at latent 0; Wilson's interval of 4/8 is [0.2152, 0.7848] (SciPy).
    const nine = read({ ...small, problems: 9, baselineCorrect: (problem) => problem !== 8 }).summary;
    const [bars] = found(importanceByPosition(nine), ({ values }) => Array.isArray(values) && values.length === 6);
    const [first] = (bars?.["values"] ?? []) as Record<string, unknown>[];
    expect(first).toEqual({
      latent: 0,
      value: 0.5,
      low: expect.closeTo(0.2152, 4),
      high: expect.closeTo(0.7848, 4),
      label: ["4 of 8", "[0.22, 0.78]"],
      spoken: "latent 0: 4 of 8 broken, 0.50 [0.22, 0.78]",
    });
  });

  test("below eight problems it draws no interval and says that they are too few", () => {
    const [bars] = found(importanceByPosition(summary), ({ values }) => Array.isArray(values) && values.length === 6);
    const all = (bars?.["values"] ?? []) as Record<string, unknown>[];
    expect(all.every(({ low, high }) => low === null && high === null)).toBe(true);
    expect(all[0]?.["label"]).toEqual(["4 of 7", "too few to say"]);
    // The bar, and above it the label, are within the axis: 4 of 7 is 0.571.
    const [bar] = found(
      importanceByPosition(summary),
      ({ y }) => (y as { title?: string })?.title?.startsWith("share") === true,
    );
    expect((bar as { y: { scale: { domain: number[] } } }).y.scale.domain[1]).toBeCloseTo((1.18 * 4) / 7, 6);
  });
});

describe("marks and legends", () => {
  test("numbers of latents with the same attention and rate stand apart, each tied to its own place", () => {
    const same = read({ ...small, problems: 20, broken: (problem) => problem < 5, attention: () => 0.2 });
    const spec = attentionVsImportance(same.summary, same.data.rows);
    const [discs] = found(spec, ({ values }) => Array.isArray(values) && values.length === 6);
    const places = (discs?.["values"] ?? []) as { attention: number; beside: number }[];
    const domain = [0.18, 0.22];
    // A panel is 124 units wide; discs with a number are about 11 across.
    const at = places.map(({ beside }) => ((beside - (domain[0] ?? 0)) / 0.04) * 124).sort((a, b) => a - b);
    for (const [i, x] of at.slice(1).entries()) expect(x - (at[i] ?? 0)).toBeGreaterThanOrEqual(11);
    expect(places.every(({ attention }) => attention === 0.2)).toBe(true);
  });

  test("figure 4 has its counts below the lowest value that an interval can reach", () => {
    const { summary: rare } = read({ ...small, problems: 40, broken: (problem, latent) => problem < 8 * latent });
    const [counts] = found(
      correlationByPosition(rare),
      ({ text }) => text !== null && typeof text === "object" && (text as { field?: string }).field === "count",
    );
    const { datum = 0 } = (counts?.["y"] ?? {}) as { datum?: number };
    expect(datum).toBeLessThan(-1.1);
  });

  test("a legend names the ends of its colours at their places, and is no taller than its map", () => {
    const [legend] = found(importanceHeatmap(summary, data.rows), (each) => "gradientLength" in each);
    const [map] = found(
      importanceHeatmap(summary, data.rows),
      ({ height }) => JSON.stringify(height) === '{"step":36}',
    );
    expect(legend?.["encoding"]).toEqual({ labels: { baseline: { value: "middle" } } });
    const named = (legend?.["values"] ?? []) as number[];
    expect(named.length).toBe(3);
    expect(Math.max(...named)).toBeLessThanOrEqual(1);
    const levels = summary.levels.length;
    expect(map).toBeDefined();
    expect(Number(legend?.["gradientLength"])).toBeLessThanOrEqual(36 * levels);
  });
});

describe("importanceHeatmap()", () => {
  test("cells hold rate, count and interval; the strip has a column a problem in order of level", () => {
    const spec = importanceHeatmap(summary, data.rows);
    // 2-step: problems 0 and 4, both broken at latent 0.
    expect(text(spec)).toContain('"text":["1.00 (2/2)"],"interval":"too few to say"');
    const [strip] = found(spec, ({ values }) => Array.isArray(values) && values.length === 48);
    const cells = strip?.["values"] as { column: number; latent: number; outcome: string }[];
    const at = (problem: number): number =>
      cells[data.rows.findIndex((row) => row.problemId === `p${problem}`)]?.column ?? -1;
    expect([0, 4, 1, 5, 2, 6, 3, 7].map(at)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(cells.filter(({ outcome }) => outcome === "baseline wrong").map(({ column }) => column)).toEqual(
      Array(6).fill(7),
    );
  });

  test("more problems than columns can be seen: no strip, and no word of one", () => {
    const many = Array.from({ length: 300 }, (_, i) => ({ ...data.rows[0], problemId: `q${i}` }) as RunData["rows"][0]);
    expect(found(importanceHeatmap(summary, many), ({ title }) => title === "300 problems")).toEqual([]);
    expect(text(importanceHeatmap(summary, many)["title"])).not.toContain("column");
  });
});

describe("attentionVsImportance()", () => {
  test("a row without attention at a layer is left out there, never drawn at attention 0", () => {
    const rows = data.rows.map((row, i) => (i === 0 ? { ...row, attention: new Map() } : row));
    expect(text(attentionVsImportance(summary, data.rows))).toContain("n = 42 rows");
    expect(text(attentionVsImportance(summary, rows))).toContain("n = 41 rows");
  });

  test("attention over many decades gets a logarithmic axis, attention of 0 a linear one", () => {
    const decades = read({ ...small, attention: (problem, latent) => 10 ** -(problem + latent) });
    expect(text(attentionVsImportance(decades.summary, decades.data.rows))).toContain('"type":"log"');
    const zeros = read({ ...small, attention: (problem, latent) => (latent < 4 ? 0 : problem + 1) });
    expect(text(attentionVsImportance(zeros.summary, zeros.data.rows))).not.toContain('"type":"log"');
  });

  test("sixteen layers stand in rows of three", () => {
    const [one] = summary.correlations;
    if (one === undefined) throw new Error("the made run has no layer");
    const all = { ...summary, correlations: Array.from({ length: 16 }, (_, layer) => ({ ...one, layer })) };
    expect(attentionVsImportance(all, data.rows)).toMatchObject({ columns: 3 });
    expect(correlationByPosition(all)).toMatchObject({ columns: 3 });
  });
});

describe("correlationByPosition()", () => {
  test("a latent without r says why; one that rests on fewer than five answers is hollow", () => {
    const { summary: rare } = read({ ...small, problems: 40, broken: (problem, latent) => problem < 8 * latent });
    const spec = correlationByPosition(rare);
    const [panel] = found(spec, ({ values }) => Array.isArray(values) && values.length === 6);
    const latents = panel?.["values"] as { label: string[]; few: boolean; count: number }[];
    expect(latents[0]?.label).toEqual(["not defined", "(importance is constant)"]);
    expect(latents.map(({ few }) => few)).toEqual([true, false, false, false, false, true]);
  });
});
