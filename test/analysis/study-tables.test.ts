/** Which tables a study has, on the page and in a paper, and that CSV files hold what figures draw. */
// @needs nothing

import { expect, test } from "vitest";
import { csvFilesOf, figures, tablesOf } from "../../src/analysis/exhibits.js";
import { titledTables } from "../../src/analysis/latex/captions.js";
import { sectionHtml, studySections } from "../../src/analysis/report/sections.js";
import type { Summary } from "../../src/analysis/summary-types.js";
import { csv } from "../../src/analysis/write.js";
import { text } from "../../src/exhibits/columns.js";
import { tableExhibit } from "../../src/exhibits/exhibit.js";
import type { FigureSpec } from "../../src/exhibits/figure.js";
import { figureData } from "../../src/exhibits/figure-data.js";
import { table } from "../../src/exhibits/table.js";
import type { Finding } from "../../src/studies/finding.js";
import type { StudyRow } from "../../src/studies/shared/rows.js";
import { found, TWELVE_RIGHT } from "../support/found.js";

const PROBLEMS = Array.from({ length: 12 }, (_, i) => `p${i}`);

/** Of two latents either is enough; a third does nothing. */
function subsets(): Finding {
  const sets = [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]];
  const rows = PROBLEMS.flatMap((problemId) =>
    sets.map(
      (set): StudyRow => ({
        study: "subsets",
        condition: set.join(),
        factors: { set: set.join("+"), size: set.length },
        problemId,
        baselineCorrect: true,
        correct: !(set.includes(0) && set.includes(1)),
        deltaLogProb: null,
        kl: null,
      }),
    ),
  );
  const [finding] = found(rows);
  if (finding === undefined) throw new Error("no study");
  return finding;
}

/** BOT says step 1 and latent 0 step 2; two problems of three steps, one of one. */
function lens(): Finding {
  const rows = [
    { said: ["3", "7"], steps: [3, 7, 5], answer: 5 },
    { said: [" 4", "x"], steps: [4, 6, 2], answer: 2 },
    { said: ["9", "1"], steps: [8], answer: 8 },
  ];
  const baselines = rows.map(({ said, steps, answer }, index) => ({
    study: "baseline",
    status: "ok",
    problem: { id: `p${index}`, index, question: "", expected: answer, steps },
    condition: { name: "baseline", interventions: [] },
    lens: said,
  }));
  const [finding] = found([], { baselines, asked: ["lens"] });
  if (finding === undefined) throw new Error("no lens");
  return finding;
}

const SHARES = [
  ["0", "0.50 [0.50, 0.50]"],
  ["1", "0.50 [0.50, 0.50]"],
  ["2", "0.00 [0.00, 0.00]"],
  ["all together", "1.00 [1.00, 1.00]"],
  ["0 and 1, beyond their parts", "−1.00 [−1.00, −1.00]"],
  ["0 and 2, beyond their parts", "0.00 [0.00, 0.00]"],
  ["1 and 2, beyond their parts", "0.00 [0.00, 0.00]"],
];

function figureCsv(spec: FigureSpec): string {
  const { header, rows } = figureData(spec);
  return csv(header, rows);
}

function csvRows(text: string | undefined): string[][] {
  return (text ?? "")
    .trim()
    .split("\r\n")
    .map((line) => line.split(","));
}

test("Shapley values and every pair's interaction stand in a table of their own, and in the CSV", () => {
  const study = subsets();
  const [main, shares, ...rest] = tablesOf(study.exhibits);
  expect([main?.key, shares?.key, rest]).toEqual(["", "shapley", []]);
  expect(main?.table.rows.map((row) => row[4])).toEqual([
    ...["no answer changed", "no answer changed", "no answer changed"],
    ...["< 0.001", "no answer changed", "no answer changed", "< 0.001"],
  ]);
  expect(shares?.table.rows).toEqual(SHARES);
  const [header, ...rows] = csvRows(csvFilesOf([study]).get("shapley.csv"));
  expect(header).toEqual(["kind", "latents", "n", "share_right", "share_right_low", "share_right_high"]);
  expect(rows.map(([kind, latents, n, value]) => [kind, latents, n, Math.round(Number(value) * 1e9) / 1e9])).toEqual([
    ["value", "0", "12", 0.5],
    ["value", "1", "12", 0.5],
    ["value", "2", "12", 0],
    ["interaction", "0+1", "12", -1],
    ["interaction", "0+2", "12", 0],
    ["interaction", "1+2", "12", 0],
    ["together", "0+1+2", "12", 1],
  ]);
});

test("two studies with one CSV file stand in it one after the other, under the columns of both", () => {
  const file = (name: string, header: string[], rows: (string | number)[][]): Finding => ({
    ...subsets(),
    name,
    exhibits: [
      tableExhibit({
        key: "",
        table: table("t", { header: ["a"], rows: [] }),
        shown: "",
        folded: null,
        files: [{ file: "both", about: "", columns: header.map((column) => text(column, "")), rows }],
      }),
    ],
  });
  const files = csvFilesOf([
    file("a", ["study", "n"], [["a", 1]]),
    file("b", ["study", "more", "n"], [["b", 0.5, 2]]),
    file("c", ["study"], []),
  ]);
  expect([...files]).toEqual([["both.csv", "study,n,more\r\na,1,\r\nb,2,0.5\r\n"]]);
});

test("what each position names stands in a table with intervals and the control", () => {
  const [made, ...rest] = tablesOf(lens().exhibits);
  expect([made?.key, rest]).toEqual(["positions", []]);
  expect(made?.table.rows).toEqual([
    ["bot", "step 1", "2 of 3", "0.67, n = 3: too few to say", "0.00"],
    ["bot", "step 2", "0 of 2", "0.00, n = 2: too few to say", "0.00"],
    ["bot", "step 3", "0 of 2", "0.00, n = 2: too few to say", "0.00"],
    ["bot", "answer", "0 of 3", "0.00, n = 3: too few to say", "0.00"],
    ["latent.0", "step 1", "0 of 3", "0.00, n = 3: too few to say", "0.00"],
    ["latent.0", "step 2", "1 of 2", "0.50, n = 2: too few to say", "0.00"],
    ["latent.0", "step 3", "0 of 2", "0.00, n = 2: too few to say", "0.00"],
    ["latent.0", "answer", "0 of 3", "0.00, n = 3: too few to say", "0.00"],
  ]);
});

test("all of them are on the page, folded under what they are, and in LaTeX with labels of their own and n", () => {
  const findings = [subsets(), lens()];
  const page = studySections(findings, { drawn: new Map(), belowClaims: [] }).map(sectionHtml).join();
  expect(page).toMatch(/<summary>What each latent brings [^<]*\(<code>tables\/shapley\.csv<\/code>\)<\/summary>/);
  expect(page).toMatch(/<summary>What each position names[^<]*\(<code>tables\/lens\.csv<\/code>\)<\/summary>/);
  const { baseline } = TWELVE_RIGHT;
  const summary = { baseline } as Summary;
  const titles = titledTables({ summary, main: [], findings }).map(({ title }) => title);
  expect(titles.map(({ label }) => label)).toEqual([
    "tab:codilens-study-subsets",
    "tab:codilens-study-subsets-shapley",
    "tab:codilens-study-lens-positions",
  ]);
  for (const { caption } of titles) expect(caption).toContain("$n = 12$ problems");
  expect(titles[1]?.caption).toContain("95~\\% bootstrap intervals");
});

test("a figure's CSV has every mark once, by panel, with its digits; printed texts are left out", () => {
  const values = [
    { x: 0, y: 1 / 3, low: null, text: ["a", "b"], interval: "[0, 1]", label: "0.33", spoken: "one, of n = 3" },
    { x: 1, y: 0.5, low: 0.25, spoken: "=two" },
  ];
  const spec: FigureSpec = {
    title: { text: "whole" },
    hconcat: [
      { title: { text: ["left,", "panel"] }, layer: [{ data: { values } }, { data: { values: values.slice(0, 1) } }] },
      { data: { values: [{}] }, mark: { type: "text" } },
      { vconcat: [{ title: "inner", data: { values: [{ x: 2, few: true }] } }] },
    ],
  };
  expect(figureCsv(spec)).toBe(
    [
      "panel,x,y,low,few,mark",
      `"left, panel",0,${1 / 3},,,"one, of n = 3"`,
      `"left, panel",1,0.5,0.25,,'=two`,
      '"3, inner",2,,,true,',
      "",
    ].join("\r\n"),
  );
});

test("the CSV of a study's figure is what it draws", () => {
  const [drawn] = figures(subsets().exhibits);
  const [header, ...rows] = csvRows(drawn === undefined ? "" : csv(drawn.data.header, drawn.data.rows));
  expect(header).toEqual(["panel", "latent", "value", "low", "high", "mark"]);
  expect(rows.map(([, latent, value]) => [latent, Number(value).toFixed(9)])).toEqual([
    ["0", "0.500000000"],
    ["1", "0.500000000"],
    ["2", "0.000000000"],
  ]);
});

test("a row with more or fewer cells than headings is refused by its place", () => {
  const header = ["latent", "broken"];
  expect(() =>
    table("counts", {
      header,
      rows: [
        ["0", "1"],
        ["1", "2", "3"],
      ],
    }),
  ).toThrow('Row 2 of the table "counts" has 3 cells under 2 headings');
  expect(() => table("counts", { header, rows: [["0"]] })).toThrow("has 1 cells");
});
