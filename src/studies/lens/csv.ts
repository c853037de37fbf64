/** The numbers of the study `lens`. */

import { cells, interval } from "../../exhibits/csv-cells.js";
import type { CsvFile } from "../../exhibits/exhibit.js";
import type { LayerLensCell, LayerLensSummary } from "./layers.js";
import type { LensMap } from "./summary.js";
import type { KnownTunedLens, TunedLensSummary } from "./tuned/summary.js";

/** A row a position and value. */
export function lensCsv({ cells: all }: LensMap): CsvFile {
  return {
    file: "lens.csv",
    header: ["position", "target", "n", "hits", ...interval("share_named"), "share_of_other_problems"],
    rows: all.map((each) => [each.position, each.target, each.n, each.hits, ...cells(each.rate), each.chance]),
  };
}

/** A row a layer, position and step, by both lenses. */
export function lensLayersCsv({ cells: all, tuned }: LayerLensSummary): CsvFile {
  return {
    file: "lens_layers.csv",
    header: [
      ...["layer", "position", "target", "n", "first"],
      ...interval("share_first"),
      ...["median_rank", "median_log_prob", "share_of_other_problems", "tuned_first"],
      ...interval("tuned_share_first"),
      ...["tuned_median_rank", "tuned_median_log_prob", "tuned_shuffled_first", "tuned_shuffled_median_rank"],
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
export function tunedCsv({ cells: all }: KnownTunedLens): CsvFile {
  return {
    file: "tuned_lens.csv",
    header: [...["layer", "position", "n"], ...["kl_logit", "kl_tuned", "kl_shuffled"].flatMap(interval)],
    rows: all.map(({ layer, position, n, kl }) => [
      ...[layer, position, n],
      ...[kl.logit, kl.tuned, kl.shuffled].flatMap(cells),
    ]),
  };
}

/** Every probe with its interval, its control and its spread over draws of folds. */
export function probesCsv({ probes }: LayerLensSummary): CsvFile {
  return {
    file: "probes.csv",
    header: [
      ...["layer", "position", "target", "n"],
      ...interval("r2"),
      ...["penalties", "r2_shuffled_mean", "r2_shuffled_most", "fold_draws", "median_draw"],
      ...["r2_least", "r2_lower_quartile", "r2_upper_quartile", "r2_greatest", "steady"],
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
