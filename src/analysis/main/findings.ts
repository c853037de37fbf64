/** What the main study found: the sample, how important each latent is, and whether attention predicts it. */

import type { FigureExhibit, TableExhibit } from "../../exhibits/exhibit.js";
import { figureExhibit, tableExhibit } from "../../exhibits/exhibit.js";
import type { ExperimentRecord, OkRecord } from "../../records/record.js";
import type { JudgedFamily } from "../../statistics/family.js";
import { type Finding, findingData } from "../../studies/finding.js";
import { MAIN_STORIES } from "../../studies/stories.js";
import type { RunData, Summary } from "../summary-types.js";
import { attentionVsImportance } from "./attention-vs-importance.js";
import { correlationByPosition } from "./correlation-by-position.js";
import { correlationsFile, headsFile, latentsFile, levelsFile, measuresFile, rowsFile, testsFile } from "./files.js";
import { headRows } from "./heads.js";
import { importanceByPosition } from "./importance-by-position.js";
import { importanceHeatmap } from "./importance-heatmap.js";
import { ATTENTION, IMPORTANCE } from "./questions.js";
import { sentences } from "./sentences.js";
import {
  correlationTable,
  familyTable,
  heatTable,
  latentTable,
  levelTable,
  measureTable,
  originalTable,
} from "./tables.js";

/** A run with its summary. */
export interface MainInput {
  readonly data: RunData & { readonly records?: readonly ExperimentRecord[] };
  readonly summary: Summary;
}

/** @returns the sample alone where no latent was zeroed. */
export function mainFindings(input: MainInput): Finding[] {
  const [accuracy = "", importance = "", ...attention] = sentences(input.summary);
  if (input.summary.latents.length === 0) return [sampleFinding(input, accuracy)];
  return [
    sampleFinding(input, accuracy),
    importanceFinding(input, importance),
    attentionFinding(input, attention.join(" ")),
  ];
}

const PLAIN = { caveat: null, tested: "", method: "", data: findingData({}) } as const;

function sampleFinding({ summary }: MainInput, sentence: string): Finding {
  const model = summary.model ?? "the original study's run";
  return {
    ...PLAIN,
    name: "sample",
    question: "How many problems are answered right?",
    sentence,
    exhibits: [
      tableExhibit({
        key: "",
        label: "levels",
        table: levelTable(summary),
        folded: null,
        shown: `Accuracy and mean importance of ${model} by difficulty. 95 % Wilson intervals.`,
        files: [levelsFile(summary)],
      }),
    ],
  };
}

function importanceFinding({ data, summary }: MainInput, sentence: string): Finding {
  const { latents, ablateLayer, families } = summary;
  const model = summary.model ?? "the original study's run";
  const tested = latents.filter(({ mcnemar }) => mcnemar.kind === "value").length;
  return {
    ...PLAIN,
    name: MAIN_STORIES.importance.name,
    ...IMPORTANCE,
    sentence,
    tested: `p: McNemar's exact test, Holm over the ${tested} of ${latents.length} latents with a changed answer.`,
    exhibits: [
      ...importanceFigures({ data, summary }),
      tableExhibit({
        key: "",
        label: "latents",
        table: latentTable(summary),
        folded: null,
        shown: `Each latent of ${model} zeroed at ${ablateLayer === null ? "one block" : `the output of block ${ablateLayer}`}. Broken: baseline right, then wrong; mended: the other way. 95 % intervals: Wilson (rates), Newcombe, paired (difference), exact conditional (odds), bootstrap over problems (means).`,
        files: [latentsFile(summary), rowsFile(data, summary)],
      }),
      tableExhibit({
        key: "levels",
        label: "levels-latents",
        table: heatTable(summary),
        folded: "By level and latent",
        shown: "Answers broken by difficulty and latent. 95 % Wilson intervals; no test.",
      }),
      ...testsOf(families, { name: "importance", how: "" }),
    ],
  };
}

function importanceFigures({ data, summary }: MainInput): FigureExhibit[] {
  const { baseline, levels } = summary;
  return [
    figureExhibit({
      key: "",
      file: "1_importance_by_position",
      title: IMPORTANCE.question,
      spec: importanceByPosition(summary),
      caption: `Share of right baseline answers that turn wrong when the latent is zeroed, n = ${baseline.correct} problems a latent, with 95 % Wilson intervals. The test of each latent is McNemar's exact one, in the table by latent.`,
    }),
    figureExhibit({
      key: "levels",
      file: "2_importance_heatmap",
      title: "Which latents matter at which difficulty?",
      spec: importanceHeatmap(summary, data.rows),
      caption: `The same by difficulty (${levels.map(({ level, n }) => `${level}: ${n}`).join(", ")}; ${baseline.correct} right), with counts and 95 % Wilson intervals; no test. Below it, where there is room, every problem on its own.`,
    }),
  ];
}

function attentionFinding({ data, summary }: MainInput, sentence: string): Finding {
  const { latents, permutations, families } = summary;
  return {
    ...PLAIN,
    name: MAIN_STORIES.attention.name,
    ...ATTENTION,
    sentence,
    tested: "Tests and adjusted p are in the table of the family.",
    exhibits: [
      ...attentionFigures({ data, summary }),
      tableExhibit({
        key: "",
        label: "correlations",
        table: correlationTable(summary),
        folded: null,
        shown: `Attention from EOT to a latent against its importance, ${latents.length} latents a problem with a right baseline. 95 % intervals over problems.`,
        files: [correlationsFile(summary)],
      }),
      ...measureExhibit({ data, summary }),
      ...testsOf(families, { name: "attention", how: `, ${permutations.toLocaleString("en-GB")} permutations` }),
      tableExhibit({
        key: "original",
        label: "original",
        table: originalTable(summary),
        folded: "In the original study's way",
        shown:
          "The original study's correlation over all rows, its p from t as if rows were independent. They are not; for comparison only.",
      }),
    ],
  };
}

function attentionFigures({ data, summary }: MainInput): FigureExhibit[] {
  const { baseline, latents } = summary;
  return [
    figureExhibit({
      key: "",
      file: "3_attention_vs_importance",
      title: ATTENTION.question,
      spec: attentionVsImportance(summary, data.rows),
      caption: `Attention from EOT to a latent against the share of answers that break, a panel a layer; n = ${baseline.correct} problems × ${latents.length} latents; 95 % Wilson intervals; r with 95 % bootstrap intervals over problems. Dots are fifths of all rows in order of attention; numbers are the latents. If the numbers rise to the right but r within a position is about 0, it is the place of a latent that matters, not the attention it gets. Test: permutation of whole problems, below.`,
    }),
    figureExhibit({
      key: "latents",
      file: "4_correlation_by_position",
      title: "Does attention to a latent go with its importance, latent by latent?",
      spec: correlationByPosition(summary),
      caption: `Correlation of attention and importance among problems, one latent at a time, n = ${baseline.correct} problems each, with 95 % bootstrap intervals over problems; not tested one by one. Small numbers count the broken answers on which each r rests; hollow points rest on too few.`,
    }),
  ];
}

/** Nothing of a run that kept weights alone. */
function measureExhibit({ data, summary }: MainInput): TableExhibit[] {
  if (summary.measures.length === 0) return [];
  const { records = [], rows } = data;
  const baselines = records.filter((each): each is OkRecord => each.status === "ok" && each.condition.latent === null);
  const heads = headRows(
    baselines,
    rows.filter(({ baselineCorrect }) => baselineCorrect),
  );
  return [
    tableExhibit({
      key: "measures",
      label: "measures",
      table: measureTable(summary),
      folded: "More than weights (heads one by one are in tables/attention_heads.csv)",
      shown:
        "Other measures of attention to a latent against its importance, all exploratory. 95 % intervals over problems; p by permutation, Holm over all tests of the family.",
      files: [measuresFile(summary), headsFile(heads, data.latents)],
    }),
  ];
}

function testsOf(
  families: readonly JudgedFamily[],
  { name: wanted, how }: { readonly name: string; readonly how: string },
): TableExhibit[] {
  return families
    .filter(({ name }) => name === wanted)
    .map((family) =>
      tableExhibit({
        key: "tests",
        label: `tests-${wanted}`,
        table: familyTable(family),
        folded: "All tests that were looked at",
        shown: `${family.question} All tests that were looked at, planned and exploratory: ${family.tests.all} with a p, ${family.tests.planned} of them planned${how}.`,
        files: [testsFile(family)],
      }),
    );
}
