/** r of x and y with covariates held fixed linearly (position by indicators, norm by its value); interval by cluster bootstrap. */

import { cholesky } from "../base/linear-algebra.js";
import { type BootstrapInterval, type BootstrapOptions, clusteredBootstrap, ofSums } from "./clustered-bootstrap.js";

/** One row. */
export interface PartialRow {
  readonly problem: string;
  readonly x: number;
  readonly y: number;
  /** Held fixed by one indicator a value. */
  readonly position?: number;
  /** Held fixed as numbers, equally many in each row. */
  readonly covariates?: readonly number[];
}

/**
 * Partial r with its interval; no p: permute, or use the conditional logit, for a test.
 * @example
 * ```ts
 * const rows = Array.from({ length: 12 }, (_, i) => ({ problem: `p${i}`, x: i, y: (i * 5) % 12, covariates: [i % 3] }));
 * const r = partialCorrelation(rows, { seed: 1 });
 * r.kind === "value" && r.value; // → 0.1957
 * ```
 */
export function partialCorrelation(
  rows: readonly PartialRow[],
  options: BootstrapOptions,
): BootstrapInterval & { readonly n: number } {
  const n = rows.length;
  const columns = columnsOf(rows);
  const width = columns.length;
  if (n < width + 1) return { kind: "undefined", reason: `${n} rows, at least ${width + 1} are needed`, n };
  const constant = [columns[width - 2], columns[width - 1]].findIndex((column) => column?.every((each) => each === 0));
  if (constant >= 0) return { kind: "undefined", reason: `${constant === 0 ? "x" : "y"} is constant`, n };
  const index = new Map([...new Set(rows.map(({ problem }) => problem))].map((problem, i) => [problem, i]));
  const sums = new Float64Array(index.size * width * width);
  for (const [row, { problem }] of rows.entries()) {
    const at = (index.get(problem) ?? 0) * width * width;
    for (let a = 0; a < width; a++)
      for (let b = 0; b < width; b++)
        sums[at + a * width + b] =
          (sums[at + a * width + b] ?? 0) + (columns[a]?.[row] ?? 0) * (columns[b]?.[row] ?? 0);
  }
  const statistic = ofSums(sums, width * width, (gram) => fromGram(gram, width));
  const result = clusteredBootstrap(index.size, statistic, options);
  return result.kind === "undefined" && result.reason === "the data give no value"
    ? { kind: "undefined", reason: "x or y follows from what is held fixed", n }
    : { ...result, n };
}

// In the factor of the Gram matrix, covariates first, the last row holds what is left of y: the part along x, and the rest.
function fromGram(gram: Float64Array, width: number): number | null {
  const kept = Array.from({ length: width }, (_, i) => i).filter((i) => (gram[i * width + i] ?? 0) > 0);
  const size = kept.length;
  const matrix = Float64Array.from(
    { length: size * size },
    (_, at) => gram[(kept[Math.floor(at / size)] ?? 0) * width + (kept[at % size] ?? 0)] ?? 0,
  );
  if (kept.at(-1) !== width - 1 || kept.at(-2) !== width - 2) return null;
  // y may follow from x: then its own pivot is 0, and |r| is 1.
  const factor = cholesky(matrix, size, 1e-13);
  if (factor === null) return null;
  const along = factor[(size - 1) * size + size - 2] ?? 0;
  const rest = factor[size * size - 1] ?? 0;
  return along / Math.hypot(along, rest);
}

/** Indicators (or the constant), covariates, x, y; all but indicators less their mean and over their deviation. */
function columnsOf(rows: readonly PartialRow[]): number[][] {
  const positions = [...new Set(rows.flatMap(({ position }) => position ?? []))].sort((a, b) => a - b);
  const extra = rows[0]?.covariates?.length ?? 0;
  return [
    ...(positions.length === 0
      ? [rows.map(() => 1)]
      : positions.map((each) => rows.map(({ position }) => (position === each ? 1 : 0)))),
    ...Array.from({ length: extra }, (_, i) => scaled(rows.map(({ covariates }) => covariates?.[i] ?? 0))),
    scaled(rows.map(({ x }) => x)),
    scaled(rows.map(({ y }) => y)),
  ];
}

function scaled(values: readonly number[]): number[] {
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  const sd = Math.sqrt(values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / values.length);
  return values.map((each) => (sd <= 1e-13 * Math.abs(mean) ? 0 : (each - mean) / sd));
}
