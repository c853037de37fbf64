/** Gains out of kept norms, and what the finding says of them. */
// @needs nothing

import { expect, test } from "vitest";
import { wilson } from "../../src/statistics/proportion-interval.js";
import { influenceFinding } from "../../src/studies/influence/finding.js";
import type { Influence } from "../../src/studies/influence/record.js";
import { story } from "../../src/studies/influence/story.js";
import { influence } from "../../src/studies/influence/study.js";
import { influenceSummary } from "../../src/studies/influence/summary.js";
import type { StudyRecord } from "../../src/studies/shared/rows.js";
import { isRead } from "../../src/studies/shared/spread.js";

/** Four latents of width 4: a direct norm of `scale` at each pair, twice that in total. */
function made(scale: number): Influence {
  const map = (of: (to: number, from: number) => number | null): (number | null)[][] =>
    [0, 1, 2, 3].map((to) => [0, 1, 2, 3].map((from) => (from < to ? of(to, from) : null)));
  return {
    width: 4,
    how: "exact",
    total: { frobenius: map(() => 2 * scale), spectral: map((to, from) => scale + to - from) },
    direct: { frobenius: map((to, from) => scale * (1 + to + from)), spectral: map(() => scale) },
    cut: map((to, from) => (to > from + 1 ? 0.1 * (1 + to + from) : null)),
  };
}

function record(index: number, influence: object): StudyRecord {
  return {
    study: "baseline",
    status: "ok",
    problem: { id: `p${index}`, index, question: "", expected: 1 },
    condition: { name: "baseline", interventions: [] },
    kept: { influence },
  };
}

const run = { seed: 1, protocol: "codi", testMode: false, baseline: { n: 3, correct: 3, rate: wilson(3, 3) } } as const;
const input = { story, rows: [], records: [], run, file: () => null };

test("each pair has both norms, and neighbours stand apart from latents with others between them", () => {
  const summary = influenceSummary([made(1), made(3)], 1);
  expect(summary).toMatchObject({ problems: 2, latents: 4 });
  expect(summary?.pairs).toHaveLength(6);
  // Spectral norms of neighbours are scale + 1, Frobenius's twice the scale.
  expect(summary?.neighbours).toMatchObject({ largest: { value: 3, n: 2 }, all: { value: 4, n: 2 } });
  // Pairs (2, 0), (3, 0) and (3, 1): direct Frobenius norms of (3 + 4 + 5) / 3 times the scale.
  expect(summary?.apart).toMatchObject({
    total: { largest: { value: expect.closeTo(2 + (2 + 3 + 2) / 3) }, all: { value: 4 } },
    direct: { largest: { value: 2 }, all: { value: 8 } },
  });
  expect(summary?.pairs.find(({ to, from }) => to === 3 && from === 0)).toMatchObject({
    total: { largest: { value: 5 } },
    direct: { all: { value: 8 } },
    cut: { value: 0.4 },
  });
  // (scale + 1)² of (2 scale)².
  expect(summary?.leading).toMatchObject({ value: expect.closeTo((1 + 16 / 36) / 2) });
  expect(summary?.agreement).toMatchObject({ value: 1 });
});

test("the finding names the largest gain, and that nothing moves where all is 0", () => {
  const found = influenceFinding({
    ...input,
    baselines: [1, 3, 2, 1, 3, 2, 1, 3].map((scale, i) => record(i, made(scale))),
  });
  expect(found?.sentence).toContain("Of 6 pairs latent 0 moves latent 3 most");
  expect(found?.exhibits.map(({ kind }) => kind)).toEqual(["figure", "table"]);
  const zero = made(0);
  const silent = { ...zero, total: { ...zero.total, spectral: zero.direct.spectral } };
  expect(influenceFinding({ ...input, baselines: [record(0, silent)] })?.sentence).toBe(
    "No latent's input moves a later one's: every derivative is 0 (n = 1 problem).",
  );
  expect(influenceFinding({ ...input, baselines: [] })).toBeNull();
});

test("a record whose numbers are not there is refused by the name of its problem", () => {
  expect(() => influenceFinding({ ...input, baselines: [record(0, { width: 4 })] })).toThrow(
    /^The baseline of problem "p0" has damaged derivatives \(kept\.influence\): /,
  );
});

test("few problems are one sentence", () => {
  const { sentence } = influenceFinding({ ...input, baselines: [record(0, made(1)), record(1, made(3))] }) ?? {};
  expect(sentence).toBe(
    "A small step at a latent's input moves the next latent's input by up to 3.00 of the step's length: too few to say (n = 2 problems).",
  );
});

test("problems that are read are spread over the sample", () => {
  const read = (problems: number, most: number): number[] =>
    Array.from({ length: problems }, (_, i) => i).filter((index) => isRead(index, { problems, most }));
  expect(read(100, 4)).toEqual([24, 49, 74, 99]);
  expect(read(3, 24)).toEqual([0, 1, 2]);
  expect(read(100, 24)).toHaveLength(24);
});

test("the plan says where no latent's input can move another's", () => {
  const lacking = (protocol: "codi" | "pause", latents: number): string | undefined =>
    influence.lacks?.({ layer: 1, depth: 2, latents, protocol })[0]?.reason;
  expect(lacking("pause", 6)).toMatch(/^has no object under protocol pause/);
  expect(lacking("codi", 1)).toBe("needs two latents, and this run has one");
  expect(lacking("codi", 2)).toBeUndefined();
});
