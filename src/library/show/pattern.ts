/** Attention of one layer, with what each position is. */

import { UsageError } from "../../base/errors.js";
import { blockSite } from "../../model/hooks/names.js";
import type { RunResult } from "../../model/latent/run-types.js";
import { labelsOf, type PositionLabel } from "./texts.js";

/** One layer's pattern, ready to be drawn. */
export interface Pattern {
  readonly layer: number;
  readonly heads: number;
  readonly labels: readonly PositionLabel[];
  /** Share of its attention that a position (`query`) gives to an earlier one or itself (`key`). */
  readonly weight: (head: number, query: number, key: number) => number;
}

/** @throws UsageError where the run did not capture the layer's pattern. */
export function patternOf(run: RunResult, layer: number): Pattern {
  const site = blockSite(layer, "attn.hook_pattern");
  if (!run.captures.sites.includes(site))
    throw new UsageError(
      `The run did not capture the attention of layer ${layer}`,
      `run with capture: ["${site}"]; captured: ${run.captures.sites.join(", ") || "nothing"}`,
    );
  const { shape, data } = run.captures.get(site);
  const [, heads = 0, positions = 0] = shape;
  return {
    layer,
    heads,
    labels: labelsOf(run),
    weight: (head, query, key) => data[(head * positions + query) * positions + key] ?? 0,
  };
}
