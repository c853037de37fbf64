/** The analysis side of the study `subsets`: exact Shapley values where every set was run. */

import { figureExhibit } from "../../exhibits/exhibit.js";
import { basisOf, type FindingMaker, type ShownRun, type StudyCondition } from "../finding.js";
import { conditionsOf } from "../shared/conditions.js";
import { type ConditionParts, findingOfConditions } from "../shared/conditions-finding.js";
import { sharesFigure } from "./figure.js";
import { latentOf, subsetsHeadline } from "./headline.js";
import { sharesSentence } from "./sentence.js";
import { type LatentShares, sharesByProblem, sharesOf } from "./shares.js";
import { sharesExhibit } from "./table.js";

/** What sets of zeroed latents break, and what each latent brings. */
export const subsetsFinding: FindingMaker = (input) => {
  const { rows, run, story } = input;
  if (rows.length === 0) return null;
  const shares = sharesOf(rows, run.seed);
  const parts = shares === null ? {} : partsOf(shares, { question: story.question, run });
  const conditions = conditionsOf(rows, { seed: run.seed });
  const units: ConditionParts<StudyCondition>["units"] = (key) =>
    sharesByProblem(rows, latentOf(key)).map(({ problemId, value }) => ({ problemId, sum: value, n: 1 }));
  return findingOfConditions(input, conditions, {
    ...parts,
    headline: subsetsHeadline(shares, conditions),
    ...(shares === null ? {} : { units }),
  });
};

type Head = { readonly question: string; readonly run: ShownRun };

function partsOf(shares: LatentShares, head: Head): ConditionParts<StudyCondition> {
  return {
    effect: () => sharesSentence(shares),
    method: `Exact Shapley values [@shapley1953] and interactions [@grabisch1999] of the share of right answers over all subsets, on the ${shares.problems} problems that have them all.`,
    data: { shares },
    figures: [
      figureExhibit({ key: "", title: head.question, spec: sharesFigure(shares, head), caption: captionOf(head.run) }),
    ],
    tables: [sharesExhibit(shares)],
  };
}

function captionOf(run: ShownRun): string {
  return `${basisOf(run)}. Every value and every pair's interaction with its 95 % bootstrap interval is in the folded table and in tables/shapley.csv, every set of zeroed latents in tables/studies.csv; the test is of sets (McNemar's exact test, Holm-adjusted).`;
}
