/** Linear probes: what a ridge regression reads of each step's value out of one layer's state at one position. */

import { signed } from "../../exhibits/number-text.js";
import type { Estimate } from "../../statistics/estimate.js";
import type { FoldDraws } from "../../statistics/fold-draws.js";
import { linearProbes } from "../../statistics/linear-probe.js";
import type { Features } from "../../statistics/ridge-fits.js";
import type { LayerLens } from "./record.js";

/** One problem's reading, and the values of its steps, as in `LensRow`. */
export interface LayerLensRow {
  readonly steps: readonly (number | null)[];
  readonly lens: LayerLens;
}

/** A linear read-out of a step's value. */
export interface LayerProbe {
  readonly layer: string;
  readonly position: string;
  readonly target: string;
  /** Problems that have the step with a known value. */
  readonly n: number;
  /** Held-out R², against the training mean, the median over draws of folds; below 0 where the probe is worse than that mean. Its interval is of the median draw. */
  readonly r2: Estimate;
  /** R² under every draw of folds; null where there is none. */
  readonly draws: FoldDraws | null;
  /** Of each fold of the median draw. */
  readonly penalties: readonly number[];
  /** R² with shuffled labels under the median draw: mean and largest of the shuffles. */
  readonly control: { readonly mean: number; readonly most: number } | null;
}

/** Of whole problems. */
export const FOLDS = 5;
/** Times that values are shuffled. */
export const SHUFFLES = 5;
/** Problems; fewer than four a fold say nothing. */
export const FEWEST = 4 * FOLDS;

/** Draws of the folds: with few problems R² hangs on the draw and a fit is cheap, with many neither. */
function foldDrawsOf(problems: number): number {
  return problems <= 50 ? 11 : 5;
}

/** @param rows with states of one shape. @param steps probed. @returns step by step, layers by positions. */
export function layerProbes(rows: readonly LayerLensRow[], steps: number, seed: number): LayerProbe[] {
  const { positions = [], stateLayers = [] } = rows[0]?.lens ?? {};
  const cells = stateLayers.flatMap((layer) => positions.map((position) => ({ layer, position })));
  const known = Array.from({ length: steps }, (_, step) =>
    rows.filter(({ steps: values }) => (values[step] ?? null) !== null),
  );
  const byStep: LayerProbe[][] = known.map(() => []);
  // Steps of the same problems have their fits in common, and all cells of a step its bootstrap draws.
  for (const [first, mine] of known.entries()) {
    if (known.findIndex((each) => isSame(each, mine)) < first) continue;
    const same = [...known.keys()].filter((step) => isSame(known[step] ?? [], mine));
    for (const [cell, where] of cells.entries())
      for (const [i, probe] of probesAt(mine, { cell, steps: same, seed }).entries())
        byStep[same[i] ?? 0]?.push({ ...where, target: `step ${(same[i] ?? 0) + 1}`, n: mine.length, ...probe });
  }
  return byStep.flat();
}

function isSame(a: readonly LayerLensRow[], b: readonly LayerLensRow[]): boolean {
  return a.length === b.length && a.every((row, i) => row === b[i]);
}

type ProbeNumbers = Pick<LayerProbe, "r2" | "draws" | "penalties" | "control">;

function probesAt(
  rows: readonly LayerLensRow[],
  { cell, steps, seed }: { readonly cell: number; readonly steps: readonly number[]; readonly seed: number },
): ProbeNumbers[] {
  if (rows.length < FEWEST) return steps.map(() => without(`${rows.length} problems, at least ${FEWEST} are needed`));
  const ys = steps.map((step) => Float64Array.from(rows, ({ steps: values }) => values[step] ?? 0));
  const problem = rows.map((_, row) => `${row}`);
  const options = { seed, folds: FOLDS, foldDraws: foldDrawsOf(rows.length), shuffles: SHUFFLES };
  return linearProbes({ x: featuresAt(rows, cell), ys, problem }, options).map((probe) => {
    if (probe.kind === "undefined") return without(probe.reason);
    if (probe.r2.kind === "undefined") return without(probe.r2.reason);
    const { value, low, high } = probe.r2;
    const shuffled = probe.control?.r2 ?? [];
    return {
      r2: { kind: "value", value, low, high, n: rows.length },
      draws: probe.draws,
      penalties: probe.penalties,
      control: {
        mean: shuffled.reduce((sum, each) => sum + each, 0) / shuffled.length,
        most: Math.max(...shuffled),
      },
    };
  });
}

function without(reason: string): ProbeNumbers {
  return { r2: { kind: "undefined", reason }, draws: null, penalties: [], control: null };
}

/** Whether any could be fitted: a run of few problems has none. */
export function hasProbes(probes: readonly Pick<LayerProbe, "r2">[]): boolean {
  return probes.some(({ r2 }) => r2.kind === "value");
}

/** R² of a probe; below every other where it is not defined. */
export function r2Of({ r2 }: Pick<LayerProbe, "r2">): number {
  return r2.kind === "value" ? r2.value : Number.NEGATIVE_INFINITY;
}

/** `; 0.70 to 0.81 over 5 draws of folds`, and a word where that is much; empty where nothing is defined. */
export function drawsText({ draws }: Pick<LayerProbe, "draws">): string {
  if (draws === null || draws.r2.length < 2) return "";
  const range = `${signed(draws.least)} to ${signed(draws.greatest)} over ${draws.r2.length} draws of folds`;
  return `; ${range}${draws.isSteady ? "" : ", not to be relied on"}`;
}

function featuresAt(rows: readonly LayerLensRow[], cell: number): Features {
  const width = rows[0]?.lens.width ?? 0;
  const values = new Float64Array(rows.length * width);
  for (const [row, { lens }] of rows.entries())
    values.set(statesOf(lens).subarray(cell * width, (cell + 1) * width), row * width);
  return { rows: rows.length, width, values };
}

const decoded = new WeakMap<LayerLens, Float32Array>();

function statesOf(lens: LayerLens): Float32Array {
  const known = decoded.get(lens);
  if (known !== undefined) return known;
  const made = new Float32Array(Uint8Array.from(Buffer.from(lens.states, "base64")).buffer);
  decoded.set(lens, made);
  return made;
}
