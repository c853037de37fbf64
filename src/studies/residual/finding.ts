/** The analysis side of the study `residual`. */

import { type FigureExhibit, figureExhibit, tableExhibit } from "../../exhibits/exhibit.js";
import { knownProtocol } from "../../model/latent/protocols/index.js";
import { basisOf, type FindingMaker, findingData, type ShownRun } from "../finding.js";
import { fieldOf } from "../shared/rows.js";
import { testedSentence } from "../shared/tested.js";
import { residualFigure, residualTopFigure } from "./figures.js";
import { residualFile } from "./files.js";
import { residualHeadline } from "./headline.js";
import type { ResidualReading } from "./record.js";
import { residualSentence } from "./sentence.js";
import { contributionsOf, type ResidualSummary, residualSummary } from "./summary.js";
import { residualTable } from "./table.js";
import { type ResidualWords, residualWords } from "./words.js";

/** What the baselines' records hold of it, summed up; null where they hold nothing. */
export const residualFinding: FindingMaker = ({ story, baselines, run }) => {
  const rows = baselines.flatMap((record) => {
    const residual = fieldOf<ResidualReading>(record, "residual");
    return residual === undefined ? [] : [{ problemId: record.problem.id, residual }];
  });
  const residual = residualSummary(rows, { seed: run.seed, isProjected: isProjected(run) });
  if (residual === null) return null;
  const { name, question } = story;
  const words = residualWords(residual, run);
  const isEmpty = residual.targets.every(({ problems }) => problems === 0);
  return {
    name,
    question,
    sentence: residualSentence(residual),
    headline: residualHeadline(residual),
    units: (key) => contributionsOf(rows, key).map(({ problemId, value }) => ({ problemId, sum: value, n: 1 })),
    caveat: words.caveat,
    tested: testedSentence([]),
    method: isEmpty ? "No answer has a number, so nothing was taken apart." : methodOf(words),
    data: findingData({ residual }),
    // Without a target there is nothing to draw.
    exhibits: isEmpty
      ? []
      : [
          figureExhibit({
            key: "",
            title: question,
            spec: residualFigure(residual, { question, run }),
            caption: captionOf(run, words),
          }),
          ...topExhibit(residual, run, words),
          tableExhibit({
            key: "",
            table: residualTable(residual),
            folded: `${words.listed} (heads and single latents are in tables/residual.csv)`,
            shown: `Means of direct contributions with 95 % bootstrap intervals over problems, ${words.held}.`,
            files: [residualFile(residual)],
          }),
        ],
  };
};

const TOP = "Which components contribute most?";

function topExhibit(residual: ResidualSummary, run: ShownRun, words: ResidualWords): FigureExhibit[] {
  const spec = residualTopFigure(residual, { question: TOP, run, picked: words.picked });
  return spec === null ? [] : [figureExhibit({ key: "top", title: TOP, spec, caption: captionOf(run, words) })];
}

function captionOf(run: ShownRun, { caption }: ResidualWords): string {
  return `${basisOf(run)}. Direct contribution: what a component's vector adds ${caption}; contributions sum to the whole. Every component with its 95 % bootstrap interval over problems, beside its control, is in tables/residual.csv; no test.`;
}

function methodOf({ parts, method, control }: ResidualWords): string {
  return `Direct contributions of ${parts} ${method}; they sum to what the model computed. ${control}.`;
}

function isProjected({ protocol }: ShownRun): boolean {
  return knownProtocol(protocol)?.feedback === "projection";
}
