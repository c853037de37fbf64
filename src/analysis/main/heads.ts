/** Attention head by head, by weight and by weight × value: means over problems and, as a description, r with importance. */

import type { OkRecord } from "../../records/record.js";
import { correlationStatistic } from "../../statistics/clustered-correlation.js";
import { clusteredRows, type PairRow } from "../../statistics/clustered-rows.js";
import { mean } from "../../statistics/pearson.js";
import type { AnalysisRow } from "../summary-types.js";

/** One head, read from one position by one measure. */
export interface HeadRow {
  readonly layer: number;
  readonly head: number;
  readonly from: "EOT" | "number";
  readonly measure: "weight" | "weight × value";
  /** By latent, over all problems. */
  readonly means: readonly number[];
  /** Among problems, at the same latent; null where it is not defined. */
  readonly withinPosition: number | null;
}

/** @param baselines records that hold value norms. @param used rows of problems with a right baseline. */
export function headRows(baselines: readonly OkRecord[], used: readonly AnalysisRow[]): HeadRow[] {
  const importance = new Map(used.map((row) => [`${row.problemId}\n${row.latent}`, row.importance]));
  const byHead = new Map<
    string,
    { row: Omit<HeadRow, "means" | "withinPosition">; values: (readonly number[])[]; pairs: PairRow[] }
  >();
  for (const { attention, problem } of baselines)
    for (const [key, { eot, number, flow }] of Object.entries(attention)) {
      if (flow === undefined) continue;
      const layer = Number(key.slice("layer_".length));
      for (const [from, weights] of [
        ["EOT", eot.heads],
        ["number", number?.heads ?? []],
      ] as const)
        for (const [head, row] of weights.entries())
          for (const measure of ["weight", "weight × value"] as const) {
            const values =
              measure === "weight" ? row : row.map((weight, latent) => weight * (flow.valueNorms[head]?.[latent] ?? 0));
            const name = `${layer} ${head} ${from} ${measure}`;
            const known = byHead.get(name) ?? { row: { layer, head, from, measure }, values: [], pairs: [] };
            byHead.set(name, known);
            known.values.push(values);
            for (const [latent, x] of values.entries()) {
              const y = importance.get(`${problem.id}\n${latent}`);
              if (y !== undefined) known.pairs.push({ problem: problem.id, position: latent, x, y });
            }
          }
    }
  return [...byHead.values()].map(({ row, values, pairs }) => ({
    ...row,
    means: (values[0] ?? []).map((_, latent) => mean(values.map((each) => each[latent] ?? 0))),
    withinPosition: rOf(pairs),
  }));
}

function rOf(pairs: readonly PairRow[]): number | null {
  if (pairs.length === 0) return null;
  const rows = clusteredRows(pairs);
  return correlationStatistic(rows, "within-position").of(new Uint16Array(rows.problems).fill(1));
}
