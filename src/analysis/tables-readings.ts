/** Tables of what is read from clean runs beside the weights: contributions, and other measures of attention. */

import { cells, interval, pValue } from "../exhibits/csv-cells.js";
import type { ExperimentRecord, OkRecord } from "../records/record.js";
import type { LegacyStudy } from "../studies/finding.js";
import { headRows } from "./main/heads.js";
import type { RunData, Summary } from "./summary-types.js";
import { csv } from "./write.js";

/** A run, with its records where there are any. */
type TableData = RunData & { readonly records?: readonly ExperimentRecord[] };

/** What knockouts take away and what they change in the latents themselves, beside their controls; none where it was not recorded. */
export function latentEffectTable({ studies }: Summary): [string, string][] {
  const rows = (studies as unknown as readonly LegacyStudy[]).flatMap(({ name, conditions }) =>
    conditions.flatMap(({ condition, knockout }) => {
      if (knockout === undefined) return [];
      const { attention, top, reader, later } = knockout;
      const numbers = [reader, later, attention].flatMap(({ own, control, beyond }) =>
        [own, control, beyond].flatMap(cells),
      );
      const n = [reader, attention].flatMap(({ own }) => (own.kind === "value" ? [own.n] : []));
      const most = top === null ? [null, null, null, null] : [top.block, ...cells(top.share)];
      return [[name, condition, n[0] ?? 0, ...numbers, ...most]];
    }),
  );
  const names = ["reader_change", "later_change", "attention_cut"].flatMap((each) => [
    each,
    `${each}_control`,
    `${each}_beyond`,
  ]);
  const top = ["attention_cut_top_block", ...interval("attention_cut_top")];
  const header = ["study", "condition", "n", ...names.flatMap(interval), ...top];
  return rows.length === 0 ? [] : [["latent_effects.csv", csv(header, rows)]];
}

/** Shapley values, interactions of all pairs and the worth of all latents together; none without all subsets. */
export function shapleyTable({ studies }: Summary): [string, string][] {
  const rows = (studies as unknown as readonly LegacyStudy[]).flatMap(({ shares }) =>
    shares === null
      ? []
      : [
          ...shares.values.map((share, latent) => ({ kind: "value", latents: [latent], share })),
          ...shares.pairs.map((pair) => ({ kind: "interaction", latents: pair.latents, share: pair.interval })),
          { kind: "together", latents: shares.values.map((_, latent) => latent), share: shares.total },
        ].map(({ kind, latents, share }) => [kind, latents.join("+"), shares.problems, ...cells(share)]),
  );
  const header = ["kind", "latents", "n", ...interval("share_right")];
  return rows.length === 0 ? [] : [["shapley.csv", csv(header, rows)]];
}

/** Every probe with its interval, its control and its spread over draws of folds; none without the study. */
export function probesTable({ studies }: Summary): [string, string][] {
  const rows = (studies as unknown as readonly LegacyStudy[]).flatMap(({ layerLens }) =>
    (layerLens?.probes ?? []).map(({ layer, position, target, n, r2, draws, penalties, control }) => [
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
  );
  const header = [
    ...["layer", "position", "target", "n"],
    ...interval("r2"),
    ...["penalties", "r2_shuffled_mean", "r2_shuffled_most", "fold_draws", "median_draw"],
    ...["r2_least", "r2_lower_quartile", "r2_upper_quartile", "r2_greatest", "steady"],
  ];
  return rows.length === 0 ? [] : [["probes.csv", csv(header, rows)]];
}

/** What was read beside the weights; none where the records hold none. */
export function measureTables({ records = [], rows, latents }: TableData, { measures }: Summary): [string, string][] {
  if (measures.length === 0) return [];
  const header = ["measure", "layer", ...interval("within_position_r"), "within_position_p"];
  const baselines = records.filter(
    (record): record is OkRecord => record.status === "ok" && record.study === "baseline",
  );
  const heads = headRows(
    baselines,
    rows.filter(({ baselineCorrect }) => baselineCorrect),
  );
  return [
    [
      "attention_measures.csv",
      csv(
        [...header, ...interval("within_problem_r"), "within_problem_p"],
        measures.map(({ measure, layer, withinPosition, withinProblem, permutation }) => [
          measure,
          layer,
          ...cells(withinPosition),
          pValue(permutation.withinPosition),
          ...cells(withinProblem),
          pValue(permutation.withinProblem),
        ]),
      ),
    ],
    [
      "attention_heads.csv",
      csv(
        [
          ...["layer", "head", "from", "measure"],
          ...Array.from({ length: latents }, (_, latent) => `mean_latent_${latent}`),
          "within_position_r",
        ],
        heads.map(({ layer, head, from, measure, means, withinPosition }) => [
          layer,
          head,
          from,
          measure,
          ...means,
          withinPosition,
        ]),
      ),
    ],
  ];
}
