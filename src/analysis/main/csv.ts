/** The numbers of the sample, of token ablation and of attention. */

import { cells, interval, pValue } from "../../exhibits/csv-cells.js";
import type { CsvFile } from "../../exhibits/exhibit.js";
import type { JudgedFamily } from "../../statistics/family.js";
import type { RunData, Summary } from "../summary-types.js";
import type { HeadRow } from "./heads.js";

/** A row a level. */
export function levelsCsv({ levels }: Summary): CsvFile {
  return {
    file: "by_level.csv",
    header: ["level", "n", "correct", ...interval("accuracy"), "importance"],
    rows: levels.map(({ level, n, correct, rate, importance }) => [
      level,
      n,
      correct,
      ...cells(rate),
      importance.kind === "value" ? importance.value : null,
    ]),
  };
}

/** A row a latent. */
export function latentsCsv({ latents }: Summary): CsvFile {
  return {
    file: "by_latent.csv",
    header: [
      ...["latent", "n_right", "broken", ...interval("broken_rate"), "n_wrong", "mended"],
      ...interval("risk_difference"),
      ...interval("odds_ratio"),
      ...["cohen_h", "mcnemar_p", "mcnemar_p_holm"],
      ...interval("delta_log_prob"),
      ...interval("kl"),
    ],
    rows: latents.map((each) => [
      ...[each.latent, each.broken.n, each.broken.count, ...cells(each.broken.rate), each.mended.n, each.mended.count],
      ...cells(each.riskDifference),
      ...cells(each.oddsRatio),
      ...[each.cohenH, pValue(each.mcnemar), pValue(each.mcnemarHolm)],
      ...cells(each.deltaLogProb),
      ...cells(each.kl),
    ]),
  };
}

/** A row a problem and latent. */
export function rowsCsv({ rows }: Pick<RunData, "rows">, { layers }: Summary): CsvFile {
  return {
    file: "rows.csv",
    header: [
      ...["problem", "level", "latent", "baseline_correct", "importance", "delta_log_prob", "kl"],
      ...layers.flatMap((layer) => [`attention_eot_layer_${layer}`, `attention_number_layer_${layer}`]),
    ],
    rows: rows.map((row) => [
      row.problemId,
      row.difficulty,
      row.latent,
      row.baselineCorrect ? 1 : 0,
      row.importance,
      row.deltaLogProb,
      row.kl,
      ...layers.flatMap((layer) => [row.attention.get(layer)?.eot ?? null, row.attention.get(layer)?.number ?? null]),
    ]),
  };
}

/** A row a layer. */
export function correlationsCsv({ correlations }: Summary): CsvFile {
  return {
    file: "correlations.csv",
    header: [
      "layer",
      ...interval("pooled_r"),
      ...[...interval("within_position_r"), "within_position_p_holm"],
      ...interval("within_problem_r"),
      ...interval("two_way_r"),
      ...["within_position_p", "within_problem_p", "two_way_p"],
      ...interval("odds_ratio_per_sd"),
      ...["odds_ratio_p_score", "odds_ratio_p_likelihood_ratio", "odds_ratio_p_wald"],
    ],
    rows: correlations.map((each) => [
      each.layer,
      ...cells(each.pooled),
      ...[...cells(each.withinPosition), pValue(each.withinPositionHolm)],
      ...cells(each.withinProblem),
      ...cells(each.twoWay),
      ...[each.permutation.withinPosition, each.permutation.withinProblem, each.permutation.twoWay].map(pValue),
      ...cells(each.oddsRatio),
      ...[each.oddsRatioTests.score, each.oddsRatioTests.likelihoodRatio, each.oddsRatioTests.wald].map(pValue),
    ]),
  };
}

/** A row a test of a family. */
export function testsCsv({ name, hypotheses }: JudgedFamily): CsvFile {
  return {
    file: "tests.csv",
    header: ["family", "hypothesis", "role", "p", "p_holm_planned", "p_holm_all", "p_benjamini_hochberg_all"],
    rows: hypotheses.map((each) => [
      name,
      each.id,
      each.role,
      pValue(each.p),
      each.holmPlanned === null ? null : pValue(each.holmPlanned),
      pValue(each.holm),
      pValue(each.benjaminiHochberg),
    ]),
  };
}

/** A row a measure and layer. */
export function measuresCsv({ measures }: Summary): CsvFile {
  return {
    file: "attention_measures.csv",
    header: [
      ...["measure", "layer", ...interval("within_position_r"), "within_position_p"],
      ...[...interval("within_problem_r"), "within_problem_p"],
    ],
    rows: measures.map(({ measure, layer, withinPosition, withinProblem, permutation }) => [
      measure,
      layer,
      ...cells(withinPosition),
      pValue(permutation.withinPosition),
      ...cells(withinProblem),
      pValue(permutation.withinProblem),
    ]),
  };
}

/** A row a head. @param latents how many means each row has. */
export function headsCsv(heads: readonly HeadRow[], latents: number): CsvFile {
  return {
    file: "attention_heads.csv",
    header: [
      ...["layer", "head", "from", "measure"],
      ...Array.from({ length: latents }, (_, latent) => `mean_latent_${latent}`),
      "within_position_r",
    ],
    rows: heads.map(({ layer, head, from, measure, means, withinPosition }) => [
      ...[layer, head, from, measure],
      ...means,
      withinPosition,
    ]),
  };
}
