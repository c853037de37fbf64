/** Answers with all latents taken away at once: beside every table, below every claim, and found by what was done. */
// @needs build, engine

import { expect, test } from "vitest";
import { analyse, loadRun } from "../../src/analysis/index.js";
import { allLatentsLine } from "../../src/analysis/main/all-latents.js";
import { levelsFile, rowsFile } from "../../src/analysis/main/files.js";
import { heatTable, latentTable, levelTable } from "../../src/analysis/main/tables.js";
import { sectionHtml, studySections } from "../../src/analysis/report/sections.js";
import { formatIntervention } from "../../src/model/hooks/interventions.js";
import { conditionsOf } from "../../src/studies/index.js";
import { type MadeRun, madeFolder, madeRecord, madeRecords } from "../support/records.js";

const HIDDEN = "latent.0+latent.1+latent.2+latent.3+latent.4+latent.5";
const NONE = ["eot", "answer"].map((reader) => `knockout(${reader}→${HIDDEN}):blocks.*.attn.hook_pattern@${reader}`);
/** Eight problems, two a level; problem 3's baseline is wrong. */
const run: MadeRun = { problems: 8, baselineCorrect: (problem) => problem !== 3 };

/** One study's condition over the eight problems, right where `right` says. */
function under(study: string, interventions: readonly string[], right: readonly number[]) {
  return Array.from({ length: 8 }, (_, problem) =>
    madeRecord({ ...run, baselineCorrect: () => right.includes(problem) }, problem, {
      study,
      name: `${study}: ${interventions.length}`,
      interventions,
    }),
  );
}

const analysed = analyse(
  loadRun(
    madeFolder([
      ...madeRecords(run),
      ...under("hidden", NONE, [0, 4]),
      ...under("swapped", ["resample:blocks.8.hook_resid_post@latent"], [0, 1, 2, 3, 4]),
      // Takes one latent away, and all of them elsewhere.
      ...under("single", ["mean:blocks.8.hook_resid_post@latent.0"], [0]),
      ...under("other-site", ["mean:blocks.8.attn.hook_z@latent"], [0]),
      ...under("only-eot", NONE.slice(0, 1), [0]),
    ]),
  ),
);
const { data, summary, findings } = analysed;

test("they are told by what was done, not by a study's name", () => {
  const shown = summary.allLatents.map(({ kind, right, broken }) => [
    kind,
    right.count,
    right.n,
    broken.count,
    broken.n,
  ]);
  // Problem 3 is mended by the swap: right, but not one that could break.
  expect(shown).toEqual([
    ["no latents", 2, 8, 5, 7],
    ["another problem's latents", 5, 8, 3, 7],
  ]);
});

test("the kinds that the tables know are those that the studies plan", () => {
  const planned = conditionsOf(["subsets", "corruption", "budget"], {
    layer: 8,
    depth: 16,
    latents: 6,
    protocol: "codi",
  });
  const texts = planned.map(({ interventions }) => interventions.map(formatIntervention).join());
  expect(texts).toContain(NONE.join());
  for (const kind of ["mean", "resample"]) expect(texts).toContain(`${kind}:blocks.8.hook_resid_post@latent`);
});

test("tables have a column each, by level where a row is one", () => {
  const levels = levelTable(summary);
  expect(levels.header.slice(-2)).toEqual(["accuracy, no latents", "accuracy, another problem's latents"]);
  const heat = heatTable(summary);
  // Level by level: problems 0 and 4 (2-step), 1 and 5, 2 and 6, 3 and 7.
  const cells = heat.rows.filter(([, latent]) => latent === "0").map((row) => row.slice(-2));
  expect(cells).toEqual([
    ["0 of 2", "0 of 2"],
    ["2 of 2", "1 of 2"],
    ["2 of 2", "1 of 2"],
    ["1 of 1", "1 of 1"],
  ]);
  const last = latentTable(summary).rows.slice(-2);
  expect(last.map((row) => row.slice(0, 2))).toEqual([
    ["all: no latents", "5 of 7"],
    ["all: another problem's latents", "3 of 7"],
  ]);
});

test("files have all three, empty where the run has none", () => {
  const { columns, rows } = levelsFile(summary);
  const at = (name: string) => columns.findIndex((column) => column.name === name);
  expect(rows.map((row) => row[at("accuracy_no_latents")])).toEqual([1, 0, 0, 0]);
  expect(rows.map((row) => row[at("accuracy_mean_latents")])).toEqual([null, null, null, null]);
  const byProblem = rowsFile(data, summary);
  const swapped = byProblem.columns.findIndex(({ name }) => name === "correct_other_latents");
  expect(byProblem.rows.filter((row) => row[2] === 0).map((row) => row[swapped])).toEqual([1, 1, 1, 1, 1, 0, 0, 0]);
});

test("a study's table has them as rows below its own, and none that it has itself", () => {
  const rowsOf = (study: string) => {
    const [table] = findings.find(({ name }) => name === study)?.exhibits.filter(({ kind }) => kind === "table") ?? [];
    return table?.kind === "table" ? table.table.rows.map(([first]) => first) : [];
  };
  expect(rowsOf("single")).toEqual(["single: 1", "no latents", "another problem's latents"]);
  expect(rowsOf("hidden")).toEqual(["hidden: 2", "another problem's latents"]);
});

test("one line below each claim says them", () => {
  const line = allLatentsLine(summary);
  expect(line).toEqual([
    "Right without the model's own latents: no latent can be read, 2 of 8 (0.25 [0.07, 0.59]); another problem's latents, 5 of 8 (0.63 [0.31, 0.86]). With them: 7 of 8.",
  ]);
  const page = studySections(findings, { drawn: new Map(), belowClaims: line }).map(sectionHtml);
  expect(page).toHaveLength(5);
  for (const section of page) expect(section).toContain("Right without the model");
  expect(allLatentsLine({ ...summary, allLatents: [] })).toEqual([]);
});
