/** The tables as CSV. */

import { cells, interval, pValue } from "../exhibits/csv-cells.js";
import type { ExperimentRecord } from "../records/record.js";
import type { Estimate } from "../statistics/estimate.js";
import type { LegacyStudy } from "../studies/finding.js";
import type { LayerLensCell, LayerLensSummary } from "../studies/lens/layers.js";
import { csvFilesOf } from "./exhibits.js";
import type { Analysis, RunData } from "./summary-types.js";
import { latentEffectTable, measureTables, probesTable, shapleyTable } from "./tables-readings.js";
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
  const study = (summary.studies as unknown as readonly LegacyStudy[]).flatMap(({ name, conditions }) =>
    conditions.map((each) => [
      name,
      each.condition,
      JSON.stringify(each.factors),
      each.right.n,
      each.right.count,
      each.broken.n,
      each.broken.count,
      ...cells(each.broken.rate),
      ...cells(each.riskDifference),
      pValue(each.mcnemar),
      pValue(each.mcnemarHolm),
      ...cells(each.deltaLogProb),
      ...cells(each.kl),
      ...(each.klAtFirst === undefined ? [null, null, null] : cells(each.klAtFirst)),
    ]),
  );
  const studyHeader = [
    "study",
    "condition",
    "factors",
    "n",
    "right",
    "n_baseline_right",
    "broken",
    ...interval("broken_rate"),
    ...interval("risk_difference"),
    "mcnemar_p",
    "mcnemar_p_holm",
    ...interval("delta_log_prob"),
    ...interval("kl"),
    ...interval("kl_first_token"),
  ];
  const lens = (summary.studies as unknown as readonly LegacyStudy[]).flatMap(({ lens: map }) =>
    (map?.cells ?? []).map((each) => [each.position, each.target, each.n, each.hits, ...cells(each.rate), each.chance]),
  );
  const lensHeader = ["position", "target", "n", "hits", ...interval("share_named"), "share_of_other_problems"];
  const lensLayers = (summary.studies as unknown as readonly LegacyStudy[]).flatMap(({ layerLens }) =>
    (layerLens?.cells ?? []).map((each) => [
      each.layer,
      each.position,
      each.target,
      each.n,
      each.first,
      ...cells(each.rate),
      each.medianRank,
      each.medianLogProb,
      each.chance,
      ...tunedStep(layerLens, each),
    ]),
  );
  const lensLayersHeader = [
    "layer",
    "position",
    "target",
    "n",
    "first",
    ...interval("share_first"),
    "median_rank",
    "median_log_prob",
    "share_of_other_problems",
    "tuned_first",
    ...interval("tuned_share_first"),
    "tuned_median_rank",
    "tuned_median_log_prob",
    "tuned_shuffled_first",
    "tuned_shuffled_median_rank",
  ];
  const tuned = (summary.studies as unknown as readonly LegacyStudy[]).flatMap(({ layerLens }) =>
    layerLens?.tuned.kind === "value"
      ? layerLens.tuned.cells.map(({ layer, position, n, kl }) => [
          ...[layer, position, n],
          ...[kl.logit, kl.tuned, kl.shuffled].flatMap(cells),
        ])
      : [],
  );
  const tunedHeader = [...["layer", "position", "n"], ...["kl_logit", "kl_tuned", "kl_shuffled"].flatMap(interval)];
  const patching = (summary.studies as unknown as readonly LegacyStudy[]).flatMap(({ patching: found }) =>
    (found?.maps ?? []).flatMap((map) =>
      map.cells.map((each) => [
        map.direction,
        map.site,
        map.at,
        map.control,
        each.row,
        each.column,
        each.moved.n,
        ...cells(each.effect),
        each.moved.count,
        ...cells(each.moved.rate),
      ]),
    ),
  );
  const patchingHeader = [
    "direction",
    "site",
    "at",
    "control",
    "position_or_head",
    "blocks",
    "n",
    ...interval("effect"),
    "moved",
    ...interval("share_moved"),
  ];
  return new Map([
    ...csvFilesOf(findings),
    ...latentEffectTable(summary),
    ...shapleyTable(summary),
    ...(patching.length === 0 ? [] : [["patching.csv", csv(patchingHeader, patching)] as const]),
    ...(lensLayers.length === 0 ? [] : [["lens_layers.csv", csv(lensLayersHeader, lensLayers)] as const]),
    ...(tuned.length === 0 ? [] : [["tuned_lens.csv", csv(tunedHeader, tuned)] as const]),
    ...probesTable(summary),
    ...(lens.length === 0 ? [] : [["lens.csv", csv(lensHeader, lens)] as const]),
    ...(study.length === 0 ? [] : [["studies.csv", csv(studyHeader, study)] as const]),
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

/** Empty for the last layer, which has no translator. */
function tunedStep(lens: LayerLensSummary | undefined, at: LayerLensCell): (number | null)[] {
  const steps = lens?.tuned.kind === "value" ? lens.tuned.steps : [];
  const step = steps.find(
    ({ layer, position, target }) => layer === at.layer && position === at.position && target === at.target,
  );
  return step === undefined
    ? new Array<null>(8).fill(null)
    : [
        step.first,
        ...cells(step.rate),
        step.medianRank,
        step.medianLogProb,
        step.shuffled.first,
        step.shuffled.medianRank,
      ];
}

function number(estimate: Estimate): number | null {
  return estimate.kind === "value" ? estimate.value : null;
}
