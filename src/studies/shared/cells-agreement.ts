/** How well what is predicted of a map's cells agrees with what the cells do. */

import { ofClusters } from "../../exhibits/headline.js";
import { clusteredBootstrap, FEWEST_PROBLEMS, ofSums } from "../../statistics/clustered-bootstrap.js";
import type { Estimate } from "../../statistics/estimate.js";
import { pearson } from "../../statistics/pearson.js";

/** One cell in one problem: predicted, and done. Null where the problem has no such cell. */
export type CellValues = readonly [predicted: number, done: number] | null;

// Of each cell: how many, the predicted ones' sum, the other's.
const WIDTH = 3;

/**
 * Pearson's r over cells of the two means over problems.
 *
 * @param problems of each, its cells, in the same order. @returns r with its interval over whole problems; without one where they are fewer than three.
 */
export function cellsAgreement(problems: readonly (readonly CellValues[])[], seed: number): Estimate {
  const cells = problems[0]?.length ?? 0;
  const sums = problems.flatMap((mine) => mine.flatMap((cell) => (cell === null ? [0, 0, 0] : [1, cell[0], cell[1]])));
  const statistic = ofSums(Float64Array.from(sums), WIDTH * cells, (total) => {
    const [predicted, done]: [number[], number[]] = [[], []];
    for (let at = 0; at < total.length; at += WIDTH) {
      const n = total[at] ?? 0;
      if (n === 0) continue;
      predicted.push((total[at + 1] ?? 0) / n);
      done.push((total[at + 2] ?? 0) / n);
    }
    const found = pearson(predicted, done);
    return found.kind === "value" ? found.r : null;
  });
  const n = problems.length;
  if (n >= FEWEST_PROBLEMS) return ofClusters(clusteredBootstrap(n, statistic, { seed }));
  const own = n === 0 ? null : statistic(new Uint16Array(n).fill(1));
  if (own === null) return { kind: "undefined", reason: "there are too few cells, or they are all the same" };
  return { kind: "value", value: own, low: null, high: null, n };
}
