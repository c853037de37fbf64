/** The numbers of the study `lens`. */

import { integer, interval, number, text } from "../../exhibits/columns.js";
import { cells } from "../../exhibits/csv-cells.js";
import type { TableFile } from "../../exhibits/exhibit.js";
import type { LayerLensCell, LayerLensSummary } from "./layers.js";
import type { LensMap } from "./summary.js";
import type { KnownTunedLens, TunedLensSummary } from "./tuned/summary.js";

const LAYER = text("layer", "embed: the residual stream before the first block; 0, 1 …: after that block");
const POSITION = text("position", "bot, latent.0, latent.1 …");
const TARGET = text("target", "step 1, step 2 …: the value of the solution's step that is looked for");
const N = integer("n", "problems that have the position and the step");
const OTHERS = number(
  "share_of_other_problems",
  "how often the same reading names the step of another problem instead: the control",
);

/** A row a position and value. */
export function lensFile({ cells: all }: LensMap): TableFile {
  return {
    file: "lens",
    about: "What the head would say first at each position, against the solution's steps: a row a position and step.",
    columns: [
      POSITION,
      text("target", "step 1, step 2 …: the value of the solution's step, or answer"),
      N,
      integer("hits", "of these, problems where the head's first choice is the value"),
      ...interval("share_named", "hits / n"),
      OTHERS,
    ],
    rows: all.map((each) => [each.position, each.target, each.n, each.hits, ...cells(each.rate), each.chance]),
  };
}

/** A row a layer, position and step, by both lenses. */
export function lensLayersFile({ cells: all, tuned }: LayerLensSummary): TableFile {
  return {
    file: "lens_layers",
    about: "What the logit lens and the tuned lens say at every layer: a row a layer, position and step.",
    columns: [
      ...[LAYER, POSITION, TARGET, N],
      integer("first", "problems where the step's token is the logit lens's first choice"),
      ...interval("share_first", "first / n"),
      number("median_rank", "median rank of the step's token, 1 is first"),
      number("median_log_prob", "median log-probability of the step's token, nats"),
      OTHERS,
      integer("tuned_first", "as first, by the tuned lens; it has no translator for the last layer"),
      ...interval("tuned_share_first", "tuned_first / n"),
      number("tuned_median_rank", "as median_rank, by the tuned lens"),
      number("tuned_median_log_prob", "as median_log_prob, by the tuned lens"),
      number("tuned_shuffled_first", "as tuned_first, by a tuned lens fitted to shuffled pairs: the control"),
      number("tuned_shuffled_median_rank", "as tuned_median_rank, by the same control"),
    ],
    rows: all.map((each) => [
      ...[each.layer, each.position, each.target, each.n, each.first],
      ...cells(each.rate),
      ...[each.medianRank, each.medianLogProb, each.chance],
      ...tunedStep(tuned, each),
    ]),
  };
}

/** Empty for the last layer, which has no translator. */
function tunedStep(tuned: TunedLensSummary, at: LayerLensCell): (number | null)[] {
  const steps = tuned.kind === "value" ? tuned.steps : [];
  const step = steps.find(
    ({ layer, position, target }) => layer === at.layer && position === at.position && target === at.target,
  );
  if (step === undefined) return new Array<null>(8).fill(null);
  const { first, rate, medianRank, medianLogProb, shuffled } = step;
  return [first, ...cells(rate), medianRank, medianLogProb, shuffled.first, shuffled.medianRank];
}

/** A row a layer and position. */
export function tunedFile({ cells: all }: KnownTunedLens): TableFile {
  return {
    file: "tuned_lens",
    about: "How far each lens is from what the model says in the end: a row a layer and position.",
    columns: [
      LAYER,
      text("position", "bot, latent.0, latent.1 …; all: their mean"),
      integer("n", "problems"),
      ...interval("kl_logit", "mean KL divergence of the logit lens from the last layer's prediction, nats"),
      ...interval("kl_tuned", "the same of the tuned lens, on problems that it was not fitted to"),
      ...interval("kl_shuffled", "the same of a tuned lens fitted to shuffled pairs: the control"),
    ],
    rows: all.map(({ layer, position, n, kl }) => [
      ...[layer, position, n],
      ...[kl.logit, kl.tuned, kl.shuffled].flatMap(cells),
    ]),
  };
}

const QUANTILES = ["least", "lower_quartile", "upper_quartile", "greatest"];

/** Every probe with its interval, its control and its spread over draws of folds. */
export function probesFile({ probes }: LayerLensSummary): TableFile {
  return {
    file: "probes",
    about: "Linear probes of the steps' values in the states: a row a layer, position and step.",
    columns: [
      ...[LAYER, POSITION, TARGET],
      integer("n", "problems that the probe is fitted and tested on"),
      ...interval("r2", "held-out R² of the draw of folds with the median R²; empty where there are too few problems"),
      text("penalties", "ridge penalties that were chosen, a fold each, separated by spaces"),
      number("r2_shuffled_mean", "mean R² with shuffled values: the control"),
      number("r2_shuffled_most", "its greatest R²"),
      integer("fold_draws", "draws of folds"),
      integer("median_draw", "which draw has the median R²"),
      ...QUANTILES.map((each) => number(`r2_${each}`, `${each.replace("_", " ")} of R² over the draws`)),
      text("steady", "yes where the middle half of the draws lies close together, else no"),
    ],
    rows: probes.map(({ layer, position, target, n, r2, draws, penalties, control }) => [
      ...[layer, position, target, n],
      ...cells(r2),
      penalties.join(" "),
      control?.mean ?? null,
      control?.most ?? null,
      draws?.r2.length ?? null,
      draws?.median ?? null,
      ...(draws === null ? [null, null, null, null] : [draws.least, ...draws.quartiles, draws.greatest]),
      draws === null ? null : draws.isSteady ? "yes" : "no",
    ]),
  };
}
