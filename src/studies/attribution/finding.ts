/** The analysis side of the study `attribution`. */

import { type FigureExhibit, figureExhibit, tableExhibit } from "../../exhibits/exhibit.js";
import { basisOf, type FindingMaker, findingData, type ShownRun } from "../finding.js";
import { patchRowsOf } from "../patching/summary.js";
import { testedSentence } from "../shared/tested.js";
import { attributionFigure, attributionPointsFigure } from "./figures.js";
import { agreementFile, attributionFile, predictedFile } from "./files.js";
import { attributionHeadline } from "./headline.js";
import { attributionSentence } from "./sentence.js";
import { type AttributionSummary, attributionSummary } from "./summary.js";
import { attributionTable } from "./table.js";

/** What gradients predict beside what patches do. */
export const attributionFinding: FindingMaker = ({ story, records, run }) => {
  const rows = patchRowsOf(records);
  const attribution = attributionSummary(rows, run.seed);
  if (attribution === null) return null;
  const { name, question, caveat = null } = story;
  const { cells: _, predictions: __, ...numbers } = attribution;
  return {
    name,
    question,
    sentence: attributionSentence(attribution),
    headline: attributionHeadline(attribution),
    caveat,
    tested: testedSentence([]),
    method: methodOf(attribution),
    data: findingData({ attribution: numbers }),
    // Without a pair there is nothing to draw.
    exhibits:
      attribution.predicted === 0
        ? []
        : [
            figureExhibit({
              key: "",
              title: question,
              spec: attributionFigure(attribution, { question, run }),
              caption: captionOf(run),
            }),
            ...pointsExhibit(attribution, run),
            tableExhibit({
              key: "",
              table: attributionTable(attribution),
              folded: "Where predicted and patched effects agree (every cell is in tables/attribution.csv)",
              shown:
                "r, slope and mean error over the cells of all pairs, and the share of signs that are right among cells that a patch moves by at least 0.01; 95 % bootstrap intervals over pairs.",
              files: [agreementFile(attribution), attributionFile(attribution), predictedFile(attribution)],
            }),
          ],
  };
};

const POINTS = "How well does a gradient predict a patch?";

function pointsExhibit(attribution: AttributionSummary, run: ShownRun): FigureExhibit[] {
  const spec = attributionPointsFigure(attribution, { question: POINTS, run });
  return spec === null ? [] : [figureExhibit({ key: "points", title: POINTS, spec, caption: captionOf(run) })];
}

function captionOf(run: ShownRun): string {
  return `${basisOf(run)}. Effect of writing what the counterfactual's run computed into the question's, a cell at a time: patched, or predicted as (source − base) · ∂M/∂activation, M the logit difference of the two answers. Integrated gradients are the mean of eight such gradients, at embeddings on the way from the counterfactual's to the question's. 0 leaves the logit difference where it is, 1 makes it the other run's; no test.`;
}

function methodOf({ pairs, predicted, dropped, cellsEach }: AttributionSummary): string {
  if (predicted === 0) return "No question had a pair, so nothing was predicted.";
  const lost = dropped.reduce((sum, each) => sum + each.count, 0);
  return `Effects of patches were predicted from the gradient of the logit difference through all latents (attribution patching [@nanda2022; @kramar2024]) and from gradients at eight interpolated inputs (integrated gradients [@sundararajan2017; @hanna2024]), on ${predicted} pairs${lost === 0 ? "" : ` (${lost} dropped)`}. On ${pairs} of them, evenly spaced, ${cellsEach} cells a pair were patched and compared with the predictions.`;
}
