/** Other measures of attention than the weight from EOT, against importance: exploratory, to see whether one of them tells what the weight does not. */

import { clusteredRows, type PairRow } from "../../statistics/clustered-rows.js";
import { testedCorrelation } from "../../statistics/correlation-interval.js";
import { pOf } from "../../statistics/permutation.js";
import type { AnalysisRow, MeasureSummary } from "../summary-types.js";

/** Name → the row's value at a layer; undefined where it was not read. */
const MEASURES: Readonly<Record<string, (row: AnalysisRow, layer: number) => number | null | undefined>> = {
  "weight from the number": (row, layer) => row.attention.get(layer)?.number,
  "weight × value from EOT": (row, layer) => row.flow?.get(layer)?.eot,
  "weight × value from the number": (row, layer) => row.flow?.get(layer)?.number,
  "rollout from EOT": (row, layer) => row.flow?.get(layer)?.rollout,
};

/** What one measure at one layer is summed up from: plain data, for any thread. */
export interface MeasureInput {
  readonly measure: string;
  readonly layer: number;
  readonly pairs: readonly PairRow[];
  readonly seed: number;
}

/** One input a measure and layer; none where the run kept weights alone. @param used rows of problems with a right baseline. */
export function measureInputs(used: readonly AnalysisRow[], seed: number): MeasureInput[] {
  const layers = [...new Set(used.flatMap(({ flow }) => [...(flow?.keys() ?? [])]))].sort((a, b) => a - b);
  return Object.entries(MEASURES).flatMap(([measure, pick]) =>
    layers.flatMap((layer) => {
      const pairs = used.flatMap((row) => {
        const x = pick(row, layer);
        return x === null || x === undefined
          ? []
          : [{ problem: row.problemId, position: row.latent, x, y: row.importance }];
      });
      return pairs.length === 0 ? [] : [{ measure, layer, pairs, seed }];
    }),
  );
}

/** One measure at one layer. */
export function measureSummary({ measure, layer, pairs, seed }: MeasureInput): MeasureSummary {
  const rows = clusteredRows(pairs);
  const withinPosition = testedCorrelation(rows, "within-position", { seed });
  const withinProblem = testedCorrelation(rows, "within-problem", { seed });
  return {
    measure,
    layer,
    withinPosition: withinPosition.interval(),
    withinProblem: withinProblem.interval(),
    permutation: {
      withinPosition: pOf(withinPosition.test()),
      withinProblem: pOf(withinProblem.test()),
    },
  };
}
