/** The numbers of the sample, of token ablation and of attention. */

import { range } from "../../base/range.js";
import { integer, interval, number, pColumn, text } from "../../exhibits/columns.js";
import { cells, pValue } from "../../exhibits/csv-cells.js";
import type { TableFile } from "../../exhibits/exhibit.js";
import type { Estimate } from "../../statistics/estimate.js";
import type { JudgedFamily } from "../../statistics/family.js";
import { allLatentsRows } from "../../studies/shared/all-latents.js";
import type { RunData, Summary } from "../summary-types.js";
import { ALL_LATENTS_COLUMNS } from "./all-latents.js";
import type { HeadRow } from "./heads.js";

const NOT_RUN: Estimate = { kind: "undefined", reason: "not run" };
const LATENT = integer("latent", "the latent's index, from 0");
const LAYER = integer("layer", "the block whose attention is read, from 0");

/** A row a level. */
export function levelsFile({ levels, allLatents }: Summary): TableFile {
  return {
    file: "by_level",
    about: "The sample by difficulty: a row a level.",
    columns: [
      text("level", "difficulty, as the data file has it"),
      integer("n", "problems of this level"),
      integer("correct", "of these, answered right without intervention"),
      ...interval("accuracy", "share of right answers without intervention"),
      number(
        "importance",
        "share of answers that zeroing one latent makes wrong, over the latents and the problems with a right baseline",
      ),
      ...[...ALL_LATENTS_COLUMNS].flatMap(([kind, name]) =>
        interval(`accuracy_${name}`, `share of right answers with ${kind}; empty where the run does not have them`),
      ),
    ],
    rows: levels.map(({ level, n, correct, rate, importance }) => [
      level,
      n,
      correct,
      ...cells(rate),
      importance.kind === "value" ? importance.value : null,
      ...[...ALL_LATENTS_COLUMNS.keys()].flatMap((kind) => {
        const all = allLatents.find((each) => each.kind === kind)?.byLevel.find((each) => each.level === level);
        return cells(all?.right.rate ?? NOT_RUN);
      }),
    ]),
  };
}

/** A row a latent. */
export function latentsFile({ latents }: Summary): TableFile {
  return {
    file: "by_latent",
    about: "What zeroing each latent does: a row a latent.",
    columns: [
      LATENT,
      integer("n_right", "problems with a right baseline"),
      integer("broken", "of these, answered wrong with the latent zeroed"),
      ...interval("broken_rate", "broken / n_right"),
      integer("n_wrong", "problems with a wrong baseline"),
      integer("mended", "of these, answered right with the latent zeroed"),
      ...interval("risk_difference", "share right with the latent zeroed less share right without, over all problems"),
      ...interval("odds_ratio", "broken / mended"),
      number("cohen_h", "Cohen's h of the two shares of right answers"),
      pColumn("mcnemar_p", "McNemar's exact test of broken against mended"),
      pColumn("mcnemar_p_holm", "the same, Holm-adjusted over the latents that could be tested"),
      ...interval("delta_log_prob", "mean change of the expected number's log-probability, nats"),
      ...interval("kl", "mean KL divergence from the baseline where the number is predicted, nats"),
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
export function rowsFile(data: RunData, { layers }: Summary): TableFile {
  const { rows } = data;
  const controls = new Map(allLatentsRows(data).map((each) => [each.kind, each.right]));
  return {
    file: "rows",
    about: "What the correlations are computed from: a row a problem and latent.",
    columns: [
      text("problem", "the problem's id"),
      text("level", "its difficulty"),
      LATENT,
      integer("baseline_correct", "1 where the answer without intervention is right, else 0"),
      integer("importance", "1 where the baseline is right and the answer with this latent zeroed is wrong, else 0"),
      number("delta_log_prob", "change of the expected number's log-probability, nats"),
      number("kl", "KL divergence from the baseline where the number is predicted, nats"),
      ...[...ALL_LATENTS_COLUMNS].map(([kind, name]) =>
        integer(`correct_${name}`, `1 where the answer with ${kind} is right, else 0; empty where that was not run`),
      ),
      ...layers.flatMap((layer) => [
        number(
          `attention_eot_layer_${layer}`,
          `mean over the heads of block ${layer} of EOT's attention to the latent, in the baseline`,
        ),
        number(`attention_number_layer_${layer}`, `the same, from the answer's number; empty where it has none`),
      ]),
    ],
    rows: rows.map((row) => [
      row.problemId,
      row.difficulty,
      row.latent,
      row.baselineCorrect ? 1 : 0,
      row.importance,
      row.deltaLogProb,
      row.kl,
      ...[...ALL_LATENTS_COLUMNS.keys()].map((kind) => {
        const right = controls.get(kind)?.get(row.problemId);
        return right === undefined ? null : Number(right);
      }),
      ...layers.flatMap((layer) => [row.attention.get(layer)?.eot ?? null, row.attention.get(layer)?.number ?? null]),
    ]),
  };
}

/** A row a layer. */
export function correlationsFile({ correlations }: Summary): TableFile {
  return {
    file: "correlations",
    about: "EOT's attention to a latent against the latent's importance: a row a layer.",
    columns: [
      LAYER,
      ...interval("pooled_r", "Pearson's r over all rows, which are not independent: a description only"),
      ...interval("within_position_r", "r with the means of each latent taken out"),
      pColumn("within_position_p_holm", "within_position_p, Holm-adjusted over the layers that could be tested"),
      ...interval("within_problem_r", "r with the means of each problem taken out"),
      ...interval("two_way_r", "r with the means of latents and problems taken out"),
      pColumn("within_position_p", "permutation of whole problems"),
      pColumn("within_problem_p", "permutation of a problem's latents"),
      pColumn("two_way_p", "permutation of whole problems"),
      ...interval(
        "odds_ratio_per_sd",
        "odds of breaking for one standard deviation more attention, problem and latent held fixed",
      ),
      pColumn("odds_ratio_p_score", "its score test"),
      pColumn("odds_ratio_p_likelihood_ratio", "its likelihood-ratio test"),
      pColumn("odds_ratio_p_wald", "its Wald test"),
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
export function testsFile({ name, hypotheses }: JudgedFamily): TableFile {
  return {
    file: "tests",
    about: "Every test of the main study, planned and exploratory: a row a test.",
    columns: [
      text("family", "which tests are adjusted together"),
      text("hypothesis", "what is tested, and by which test"),
      text("role", "planned or exploratory"),
      pColumn("p", "not adjusted"),
      pColumn("p_holm_planned", "Holm-adjusted over the family's planned tests; empty for the others"),
      pColumn("p_holm_all", "Holm-adjusted over all tests of the family"),
      pColumn("p_benjamini_hochberg_all", "Benjamini-Hochberg-adjusted over all tests of the family"),
    ],
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
export function measuresFile({ measures }: Summary): TableFile {
  return {
    file: "attention_measures",
    about: "Other measures than the weight from EOT, against importance: a row a measure and layer.",
    columns: [
      text("measure", "what is measured of the attention to a latent"),
      LAYER,
      ...interval("within_position_r", "r with the means of each latent taken out"),
      pColumn("within_position_p", "permutation of whole problems"),
      ...interval("within_problem_r", "r with the means of each problem taken out"),
      pColumn("within_problem_p", "permutation of a problem's latents"),
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
export function headsFile(heads: readonly HeadRow[], latents: number): TableFile {
  return {
    file: "attention_heads",
    about: "Single heads, a description only: a row a head, reader and measure.",
    columns: [
      LAYER,
      integer("head", "the head's index within its block, from 0"),
      text("from", "which position reads: EOT, or the answer's number"),
      text("measure", "weight, or the weight times the norm of what the head carries"),
      ...range(latents).map((latent) => number(`mean_latent_${latent}`, `mean over the problems, to latent ${latent}`)),
      number("within_position_r", "r with importance, the means of each latent taken out"),
    ],
    rows: heads.map(({ layer, head, from, measure, means, withinPosition }) => [
      ...[layer, head, from, measure],
      ...means,
      withinPosition,
    ]),
  };
}
