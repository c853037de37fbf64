/** Tables of what is read of attention beside the weights. */

import { cells, interval, pValue } from "../exhibits/csv-cells.js";
import type { ExperimentRecord, OkRecord } from "../records/record.js";
import { headRows } from "./main/heads.js";
import type { RunData, Summary } from "./summary-types.js";
import { csv } from "./write.js";

/** A run, with its records where there are any. */
type TableData = RunData & { readonly records?: readonly ExperimentRecord[] };

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
