/** The analysis side of the study `influence`. */

import { figureExhibit, tableExhibit } from "../../exhibits/exhibit.js";
import { basisOf, type FindingMaker, findingData, type ShownRun } from "../finding.js";
import { testedSentence } from "../shared/tested.js";
import { influenceFigure } from "./figure.js";
import { influenceHeadline } from "./headline.js";
import { influenceOf } from "./record.js";
import { influenceSentence } from "./sentence.js";
import { type InfluenceSummary, influenceSummary } from "./summary.js";
import { influenceFile, influenceTable } from "./table.js";

/** What the baselines' records hold of it, summed up; null where they hold nothing. */
export const influenceFinding: FindingMaker = ({ story, baselines, run }) => {
  const influence = influenceSummary(
    baselines.flatMap((record) => influenceOf(record) ?? []),
    run.seed,
  );
  if (influence === null) return null;
  const { name, question, caveat = null } = story;
  return {
    name,
    question,
    sentence: influenceSentence(influence),
    headline: influenceHeadline(influence),
    caveat,
    tested: testedSentence([]),
    method: methodOf(influence),
    data: findingData({ influence }),
    exhibits: [
      figureExhibit({
        key: "",
        title: question,
        spec: influenceFigure(influence, { question, run }),
        caption: captionOf(run, influence),
      }),
      tableExhibit({
        key: "",
        table: influenceTable(influence),
        folded: "Every pair of latents (tables/influence.csv)",
        shown:
          "Largest gain of a small step (spectral norm) and Frobenius norm, with 95 % bootstrap intervals over problems. Last column: change of the following latent's input, as a share of its norm, when the latent before it cannot read the moved one.",
        files: [influenceFile(influence)],
      }),
    ],
  };
};

function captionOf(run: ShownRun, { problems }: InfluenceSummary): string {
  return `${basisOf(run)}. Derivatives of each latent's input by each earlier latent's, on ${problems} of these problems. Total: through the loop. Direct: with the inputs of the latents between held, so through keys and values alone, except between neighbours. All pairs are in tables/influence.csv; no test.`;
}

function methodOf({ problems, how }: InfluenceSummary): string {
  const by =
    how === "exact"
      ? "whole Jacobians, a row a vector-Jacobian product"
      : "power iteration for the spectral norm and random probes for Frobenius's [@hutchinson1990]";
  return `The input of each latent was differentiated by that of each earlier one, in total and with the inputs between held, by ${by}, on ${problems} problems.`;
}
