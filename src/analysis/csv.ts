/** The tables as CSV. */

import { cells, interval, pValue } from "../exhibits/csv-cells.js";
import type { ExperimentRecord } from "../records/record.js";
import type { Estimate } from "../statistics/estimate.js";
import { csvFilesOf } from "./exhibits.js";
import type { Analysis, RunData } from "./summary-types.js";
import { measureTables } from "./tables-readings.js";
import { csv } from "./write.js";

/** A run, with its records where there are any. */
type TableData = Analysis & { readonly data: RunData & { readonly records?: readonly ExperimentRecord[] } };

/** File name → CSV text. */
export function tables({ data, summary, findings }: TableData): Map<string, string> {
  const level = summary.levels.map((each) => [
    each.level,
    each.n,
    each.correct,
    ...cells(each.rate),
    number(each.importance),
  ]);
  const latent = summary.latents.map((each) => [
    each.latent,
    each.broken.n,
    each.broken.count,
    ...cells(each.broken.rate),
    each.mended.n,
    each.mended.count,
    ...cells(each.riskDifference),
    ...cells(each.oddsRatio),
    each.cohenH,
    pValue(each.mcnemar),
    pValue(each.mcnemarHolm),
    ...cells(each.deltaLogProb),
    ...cells(each.kl),
  ]);
  const correlation = summary.correlations.map((each) => [
    each.layer,
    ...cells(each.pooled),
    ...cells(each.withinPosition),
    pValue(each.withinPositionHolm),
    ...cells(each.withinProblem),
    ...cells(each.twoWay),
    pValue(each.permutation.withinPosition),
    pValue(each.permutation.withinProblem),
    pValue(each.permutation.twoWay),
    ...cells(each.oddsRatio),
    pValue(each.oddsRatioTests.score),
    pValue(each.oddsRatioTests.likelihoodRatio),
    pValue(each.oddsRatioTests.wald),
  ]);
  const tests = summary.families.flatMap((family) =>
    family.hypotheses.map((each) => [
      family.name,
      each.id,
      each.role,
      pValue(each.p),
      each.holmPlanned === null ? null : pValue(each.holmPlanned),
      pValue(each.holm),
      pValue(each.benjaminiHochberg),
    ]),
  );
  const rows = data.rows.map((row) => [
    row.problemId,
    row.difficulty,
    row.latent,
    row.baselineCorrect ? 1 : 0,
    row.importance,
    row.deltaLogProb,
    row.kl,
    ...summary.layers.flatMap((layer) => [
      row.attention.get(layer)?.eot ?? null,
      row.attention.get(layer)?.number ?? null,
    ]),
  ]);
  const attention = summary.layers.flatMap((layer) => [
    `attention_eot_layer_${layer}`,
    `attention_number_layer_${layer}`,
  ]);
  return new Map([
    ...csvFilesOf(findings),
    ["by_level.csv", csv(["level", "n", "correct", ...interval("accuracy"), "importance"], level)],
    [
      "by_latent.csv",
      csv(
        [
          "latent",
          "n_right",
          "broken",
          ...interval("broken_rate"),
          "n_wrong",
          "mended",
          ...interval("risk_difference"),
          ...interval("odds_ratio"),
          "cohen_h",
          "mcnemar_p",
          "mcnemar_p_holm",
          ...interval("delta_log_prob"),
          ...interval("kl"),
        ],
        latent,
      ),
    ],
    [
      "correlations.csv",
      csv(
        [
          "layer",
          ...interval("pooled_r"),
          ...interval("within_position_r"),
          "within_position_p_holm",
          ...interval("within_problem_r"),
          ...interval("two_way_r"),
          "within_position_p",
          "within_problem_p",
          "two_way_p",
          ...interval("odds_ratio_per_sd"),
          "odds_ratio_p_score",
          "odds_ratio_p_likelihood_ratio",
          "odds_ratio_p_wald",
        ],
        correlation,
      ),
    ],
    ...measureTables(data, summary),
    [
      "tests.csv",
      csv(["family", "hypothesis", "role", "p", "p_holm_planned", "p_holm_all", "p_benjamini_hochberg_all"], tests),
    ],
    [
      "rows.csv",
      csv(["problem", "level", "latent", "baseline_correct", "importance", "delta_log_prob", "kl", ...attention], rows),
    ],
  ]);
}

function number(estimate: Estimate): number | null {
  return estimate.kind === "value" ? estimate.value : null;
}
