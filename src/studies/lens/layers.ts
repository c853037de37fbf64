/** What every layer holds of the solution's steps: the head's ranking (logit lens), the same through translators to the last layer (tuned lens), and what a linear probe reads out of the states. */

import { type LayerLensRow, type LayerProbe, layerProbes } from "./probes.js";
import { type RankSummary, rankSummary } from "./ranks.js";
import { chanceOf, hasValue, numberIn, stepsUpToLastKnown } from "./summary.js";
import { type TunedLensSummary, tunedLensSummary } from "./tuned/summary.js";
import type { TunedLens } from "./tuned/tuned-file.js";

/** One layer, position and step. */
export interface LayerLensCell extends RankSummary {
  readonly layer: string;
  readonly position: string;
  /** `step 1` … */
  readonly target: string;
  /** Share of hits on other problems' values; null with fewer than two. */
  readonly chance: number | null;
}

/** Layers by positions by steps. */
export interface LayerLensSummary {
  readonly layers: readonly string[];
  readonly positions: readonly string[];
  readonly problems: number;
  readonly cells: readonly LayerLensCell[];
  readonly probes: readonly LayerProbe[];
  readonly tuned: TunedLensSummary;
}

/** @returns null where no problem has a reading and marked steps. */
export function layerLensSummary(
  given: readonly LayerLensRow[],
  seed: number,
  tuned: TunedLens | null,
): LayerLensSummary | null {
  const rows = given.filter(({ steps }) => hasValue(steps));
  const [one] = rows;
  if (one === undefined) return null;
  const { layers, positions } = one.lens;
  const most = Math.max(...rows.map(({ steps }) => stepsUpToLastKnown(steps)));
  const steps = Array.from({ length: most }, (_, step) => step);
  return {
    layers,
    positions,
    problems: rows.length,
    cells: layers.flatMap((_, layer) =>
      positions.flatMap((_, position) => steps.map((step) => cellOf(rows, { layer, position, step }))),
    ),
    probes: layerProbes(rows, most, seed),
    tuned: tunedLensSummary(tuned, seed),
  };
}

function cellOf(
  rows: readonly LayerLensRow[],
  { layer, position, step }: { readonly layer: number; readonly position: number; readonly step: number },
): LayerLensCell {
  const read = rows.flatMap(({ steps, lens }) => {
    const found = lens.steps[step];
    const value = steps[step];
    if (found === null || found === undefined || value === undefined || value === null) return [];
    const said = numberIn(lens.first[layer]?.[position] ?? "");
    const rank = found.ranks[layer]?.[position] ?? Number.NaN;
    return [{ value, said, rank, logProb: found.logProbs[layer]?.[position] ?? Number.NaN }];
  });
  const { layers = [], positions = [] } = rows[0]?.lens ?? {};
  return {
    layer: layers[layer] ?? "",
    position: positions[position] ?? "",
    target: `step ${step + 1}`,
    ...rankSummary(
      read.map(({ rank }) => rank),
      read.map(({ logProb }) => logProb),
    ),
    chance: chanceOf(
      read.map(({ said }) => said),
      read.map(({ value }) => value),
    ),
  };
}
