/** The analysis sides of studies: the package's are those that run, and one from outside is asked, drawn and tabulated like them. */
// @needs engine, build

import { expect, test } from "vitest";
import { allFindings, csvFilesOf } from "../../src/analysis/exhibits.js";
import { analyse, figureSpecs, loadRun } from "../../src/analysis/index.js";
import { latexFiles } from "../../src/analysis/latex/index.js";
import { buildReport } from "../../src/analysis/report/report.js";
import { integer, number } from "../../src/exhibits/columns.js";
import { figureExhibit, tableExhibit } from "../../src/exhibits/exhibit.js";
import { figure } from "../../src/exhibits/figure.js";
import { table } from "../../src/exhibits/table.js";
import { type FindingMaker, findingData } from "../../src/studies/finding.js";
import { STUDIES } from "../../src/studies/index.js";
import { fieldOf, type StudyRecord } from "../../src/studies/shared/rows.js";
import { STUDY_NAMES } from "../../src/studies/stories.js";
import { madeFolder, madeRecords } from "../support/records.js";

test("the studies that run are those that the analysis knows, in one order", () => {
  expect(STUDIES.map(({ name }) => name)).toEqual(STUDY_NAMES);
});

/** Means the field `depth` of its records. */
const depths: FindingMaker = ({ story, records, run }) => {
  const values = records.flatMap((record) => fieldOf<number>(record, "depth") ?? []);
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  const title = "How deep?";
  const marks = {
    values: values.map((value, problem) => ({ problem, value, spoken: `problem ${problem}: ${value}` })),
  };
  const encoding = { x: { field: "problem", type: "ordinal" }, y: { field: "value", type: "quantitative" } };
  const spec = figure({ title, subtitle: [], run }, { data: marks, mark: "bar", encoding });
  return {
    name: story.name,
    question: title,
    sentence: `The mean depth is ${mean}.`,
    caveat: "Made up.",
    tested: "Nothing is tested.",
    method: "Depths were read [@geva2023].",
    data: findingData({ depth: { mean, n: values.length } }),
    exhibits: [
      figureExhibit({ key: "", title, spec, caption: "A bar a problem." }),
      tableExhibit({
        key: "",
        table: table("Depths", { header: ["problems", "mean"], rows: [[`${values.length}`, `${mean}`]] }),
        shown: "Plain means.",
        folded: null,
        files: [
          {
            file: "depths",
            about: "All problems: one row.",
            columns: [integer("problems", "how many"), number("mean", "their mean depth")],
            rows: [[values.length, mean]],
          },
        ],
      }),
    ],
  };
};

test("a study from outside reads its own fields, and is in summary, figures, CSV, LaTeX and report", () => {
  const data = loadRun(madeFolder(madeRecords({ problems: 8 })));
  const studyRecords = [1, 2, 6].map(
    (depth, index): StudyRecord => ({
      study: "my-depths",
      status: "ok",
      problem: { id: `p${index}`, index, question: "", expected: 7 },
      condition: { name: "deep", interventions: [] },
      depth,
    }),
  );
  const analysis = analyse({ ...data, studyRecords }, new Map([["my-depths", depths]]));
  expect(analysis.summary.studies).toMatchObject([{ name: "my-depths", depth: { mean: 3, n: 3 }, conditions: [] }]);
  expect([...figureSpecs(analysis).keys()].at(-1)).toBe("study_my-depths");
  expect(csvFilesOf(allFindings(analysis)).get("depths.csv")).toBe("problems,mean\r\n3,3\r\n");
  const latex = latexFiles(analysis);
  expect(latex.get("tables.tex")).toContain("\\label{tab:codilens-study-my-depths}");
  expect(latex.get("methods.tex")).toContain("Depths were read \\cite{geva2023}.");
  expect(latex.get("references.bib")).toContain("geva2023");
  const page = buildReport({ ...analysis, figures: [{ name: "study_my-depths", svg: "<svg></svg>" }] });
  for (const part of ["The mean depth is 3.", "A bar a problem.", "Made up.", '<th scope="col">problems</th>'])
    expect(page).toContain(part);
});

test("what a run holds nothing of is no finding, and a study that nobody knows is summed up by its conditions", () => {
  const data = loadRun(madeFolder(madeRecords({ problems: 8 })));
  const row = { study: "unknown", condition: "a", factors: {}, deltaLogProb: null, kl: null };
  const studyRows = data.problems.map(({ id }) => ({ ...row, problemId: id, baselineCorrect: true, correct: false }));
  const { findings } = analyse({ ...data, studyRows, asked: ["lens", "residual", "patching", "token-ablation"] });
  expect(findings.map(({ name }) => name)).toEqual(["unknown"]);
  expect(findings[0]?.sentence).toContain("“a” breaks the most answers: 8 of 8");
});
