/** The curve of `budget`: levels beyond the baseline's number are drawn and named as what they are. */
// @needs nothing

import { expect, test } from "vitest";
import { renderFigure } from "../../src/analysis/draw/render.js";
import { wilson } from "../../src/statistics/proportion-interval.js";
import { budgetFigure } from "../../src/studies/budget/figure.js";
import { conditionsOf } from "../../src/studies/shared/conditions.js";
import type { StudyRow } from "../../src/studies/shared/rows.js";

const N = 20;
const level = (right: number, factors: StudyRow["factors"]): StudyRow[] =>
  Array.from({ length: N }, (_, p) => ({
    study: "budget",
    condition: JSON.stringify(factors),
    factors,
    problemId: `p${p}`,
    baselineCorrect: true,
    correct: p < right,
    deltaLogProb: 0,
    kl: null,
  }));
const trained = [
  ...level(4, { visible: 0 }),
  ...level(12, { visible: 1 }),
  ...level(15, { visible: 0, control: "question positions" }),
  ...level(18, { visible: 1, control: "question positions" }),
];
const longer = [...level(19, { visible: 3, loop: "longer" }), ...level(11, { visible: 4, loop: "longer" })];

async function drawn(rows: readonly StudyRow[]): Promise<{ svg: string; said: string[] }> {
  const run = { protocol: "codi", testMode: false, baseline: { correct: N, n: N, rate: wilson(N, N) } } as const;
  const question = "How many latents does the answer need?";
  const { svg } = await renderFigure(budgetFigure(conditionsOf(rows, { seed: 1 }), { question, run }));
  return { svg, said: [...svg.matchAll(/aria-label="([^"]* of \d+ right[^"]*)"/g)].map(([, label = ""]) => label) };
}

test("more latents than in the baseline: a dashed line from the baseline to hollow marks, and words that say so", async () => {
  const { svg, said } = await drawn([...trained, ...longer]);
  const beyond = said.filter((text) => text.includes("more than in the baseline"));
  expect(beyond.map((text) => text.slice(0, text.indexOf(" right")))).toEqual([
    "3 latents run, more than in the baseline: 19 of 20",
    "4 latents run, more than in the baseline: 11 of 20",
  ]);
  // Two levels and the baseline, of the curve and of the control.
  expect(said.length).toBe(3 + 3 + 2);
  expect(svg).toContain("more latents run than in the baseline");
  // The line, and its stroke in the legend.
  expect(svg.match(/stroke-dasharray="4,3"/g)?.length).toBe(2);
  expect(svg.match(/fill="white"[^>]*stroke="#D55E00"|stroke="#D55E00"[^>]*fill="white"/g)?.length).toBe(2);
});

test("a line runs through its own dots", async () => {
  const { svg } = await drawn(trained);
  const [line] = [...svg.matchAll(/<g[^>]*class="mark-line[^>]*>.*?d="M([\d.]+),/gs)].map(([, x]) => Number(x));
  const [dot] = [...svg.matchAll(/aria-roledescription="point"[^>]*transform="translate\(([\d.]+),/g)].map(([, x]) =>
    Number(x),
  );
  expect(line).toBeDefined();
  expect(dot).toBeCloseTo(line ?? 0, 2);
});

test("a run of before is drawn as it was", async () => {
  const { svg, said } = await drawn(trained);
  expect(said.length).toBe(3 + 3);
  expect(svg).not.toMatch(/more latents run|stroke-dasharray="4,3"/);
});
