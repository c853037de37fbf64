/** The analysis side of the study `steering`. */

import { figureExhibit, tableExhibit } from "../../exhibits/exhibit.js";
import { basisOf, type FindingMaker, findingData, type ProblemUnit, type ShownRun } from "../finding.js";
import { testedSentence } from "../shared/tested.js";
import { steeringFigure } from "./figure.js";
import { siteOfKey, steeringHeadline } from "./headline.js";
import { steeringOf } from "./record.js";
import { steeringSentence } from "./sentence.js";
import { runAt, type SteeringRow, type SteeringSummary, steeredOf, steeringSummary } from "./summary.js";
import { dosesFile, dosesTable, picksFile, picksTable } from "./table.js";

/** What the baselines' records hold of it, summed up; null where they hold nothing. */
export const steeringFinding: FindingMaker = ({ story, baselines, run }) => {
  const rows = baselines.flatMap((record): SteeringRow[] => {
    const steering = steeringOf(record);
    return steering === undefined ? [] : [{ problemId: record.problem.id, steering }];
  });
  const steering = steeringSummary(rows, run.seed);
  if (steering === null) return null;
  const { name, question, caveat = null } = story;
  return {
    name,
    question,
    sentence: steeringSentence(steering),
    headline: steeringHeadline(steering),
    units: (key) => unitsOf(rows, key),
    caveat,
    tested: testedSentence([]),
    method: methodOf(steering),
    data: findingData({ steering }),
    exhibits:
      steering.problems === 0
        ? []
        : [
            figureExhibit({
              key: "",
              title: question,
              spec: steeringFigure(steering, { question, run }),
              caption: captionOf(run, steering),
            }),
            tableExhibit({
              key: "",
              table: dosesTable(steering),
              folded: "Every dose (tables/steering.csv)",
              shown:
                "Answers that become the predicted number and answers that change at all, with 95 % Wilson intervals; the way of the logit difference from the model's own number to the predicted one, and the answer's change as a share of the change that was said, with 95 % bootstrap intervals over problems.",
              files: [dosesFile(steering)],
            }),
            tableExhibit({
              key: "latents",
              table: picksTable(steering),
              folded: "The latents whose directions were taken (tables/steering_latents.csv)",
              shown:
                "Problems by the latent where the differences of the pairs of questions have most in common. Its direction is the one that is added.",
              files: [picksFile(steering)],
            }),
          ],
  };
};

/** What each problem adds to the share of answers that become the predicted number. */
function unitsOf(rows: readonly SteeringRow[], key: string): ProblemUnit[] | null {
  const site = siteOfKey(key);
  if (site === null) return null;
  return steeredOf(rows).flatMap(({ problemId, problem }) => {
    const run = runAt(problem, { site, added: "own", strength: 1 });
    return run === undefined ? [] : [{ problemId, sum: Number(run.answer === problem.predicted), n: 1 }];
  });
}

function captionOf(run: ShownRun, { problems }: SteeringSummary): string {
  return `${basisOf(run)}. A direction of other problems' questions that says how far one step's value moves, added to ${problems} of these problems' runs at one latent. Controls: a random direction of the same length, and the same direction at another latent. All doses are in tables/steering.csv; no test.`;
}

function methodOf({ problems, pairs }: SteeringSummary): string {
  return `A direction for one step's value v and v + d was the mean difference of ${pairs.toFixed(1)} pairs of questions (on average) of other problems, one of which has the value v at that step and one v + d. It was added at the latent where the pairs' differences have most in common, in ${problems} problems (difference of means [@rimsky2024]).`;
}
