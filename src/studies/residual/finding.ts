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
import { type ResidualSummary, residualSummary } from "./summary.js";
import { residualTable } from "./table.js";

/** What the baselines' records hold of it, summed up; null where they hold nothing. */
export const residualFinding: FindingMaker = ({ story, baselines, run }) => {
  const rows = baselines.flatMap((record) => {
    const residual = fieldOf<ResidualReading>(record, "residual");
    return residual === undefined ? [] : [{ problemId: record.problem.id, residual }];
  });
  const residual = residualSummary(rows, { seed: run.seed, isProjected: isProjected(run) });
  if (residual === null) return null;
  const { name, question, caveat = null } = story;
  return {
    name,
    question,
    sentence: residualSentence(residual),
    headline: residualHeadline(residual),
    caveat,
    tested: testedSentence([]),
    method: methodOf(residual, run),
    data: findingData({ residual }),
    exhibits: [
      figureExhibit({
        key: "",
        title: question,
        spec: residualFigure(residual, { question, run }),
        caption: captionOf(run),
      }),
      ...topExhibit(residual, run),
      tableExhibit({
        key: "",
        table: residualTable(residual),
        folded: "Every block's attention and MLP (heads and single latents are in tables/residual.csv)",
        shown:
          "Means of direct contributions with 95 % bootstrap intervals over problems, norms' scales and GELU's gate held.",
        files: [residualFile(residual)],
      }),
    ],
  };
};

const TOP = "Which components contribute most?";

function topExhibit(residual: ResidualSummary, run: ShownRun): FigureExhibit[] {
  const spec = residualTopFigure(residual, { question: TOP, run });
  return spec === null ? [] : [figureExhibit({ key: "top", title: TOP, spec, caption: captionOf(run) })];
}

function captionOf(run: ShownRun): string {
  return `${basisOf(run)}. Direct contribution: what a component's vector adds to the logit of the number that the model gave (right or wrong) where it is predicted${inputsOf(run).caption}; contributions sum to the whole. Every component with its 95 % bootstrap interval over problems, beside its control, is in tables/residual.csv; no test.`;
}

function methodOf({ problems }: ResidualSummary, run: ShownRun): string {
  const { method, control } = inputsOf(run);
  return `Direct contributions of the embedding, every head and every MLP to the logit of the answer's number above the next best number's (direct logit attribution [@elhage2021])${method}, on ${problems} problems; they sum to what the model computed. ${control}.`;
}

/** How the latents' inputs are made, as captions and methods go on. */
function inputsOf({ protocol }: ShownRun): {
  readonly caption: string;
  readonly method: string;
  readonly control: string;
} {
  const control = "Controls: a number drawn at random, and the same latent of another problem";
  switch (knownProtocol(protocol)?.feedback) {
    case "projection":
      return {
        caption:
          ", or to the next latent's input through the final norm and the projection, the norms' scales and GELU's gate held at what they were",
        method: ", and through the projection to the next latent's input, with norms' scales and GELU's gate held",
        control,
      };
    case "identity":
      return {
        caption:
          ", or to the next latent's input, which is the state after the final norm as it is, the norm's scale held at what it was",
        method:
          ", and to the next latent's input (the state after the final norm as it is), with the norm's scale held",
        control,
      };
    default:
      return {
        caption: ", the norm's scale held at what it was",
        method: ", with the norm's scale held",
        control: "Control: a number drawn at random",
      };
  }
}

function isProjected({ protocol }: ShownRun): boolean {
  return knownProtocol(protocol)?.feedback === "projection";
}
