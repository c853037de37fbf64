/** Attention of one run: every head of a layer as a small map, or one head token by token. */

import { UsageError } from "../../base/errors.js";
import type { RunResult } from "../../model/latent/run-types.js";
import { headGrid } from "./head-grid.js";
import { patternOf } from "./pattern.js";
import type { Shown } from "./shown.js";
import { tokenMap } from "./token-map.js";

/** Which attention is shown. */
export interface AttentionViewOptions {
  readonly layer: number;
  /** One head, token by token; left out: all heads of the layer side by side. */
  readonly head?: number;
}

/**
 * Attention as it is looked at: all heads of a layer side by side, or with `head` one of them token by token.
 *
 * @param run made with `capture: ["blocks.8.attn.hook_pattern"]`.
 * @throws UsageError where the run did not capture the layer's pattern, or there is no such head.
 * @example
 * ```ts
 * const run = await model.run(question, { capture: ["blocks.8.attn.hook_pattern"] });
 * attentionView(run, { layer: 8 }).toString().split("\n")[0] // → layer 8: 4 heads, 40 positions
 * attentionView(run, { layer: 8, head: 2 }).toHTML().includes("<svg") // → true
 * ```
 */
export function attentionView(run: RunResult, { layer, head }: AttentionViewOptions): Shown {
  const pattern = patternOf(run, layer);
  if (head === undefined) return headGrid(pattern);
  if (!Number.isInteger(head) || head < 0 || head >= pattern.heads)
    throw new UsageError(`Layer ${layer} has no head ${head}`, `its heads are 0 to ${pattern.heads - 1}`);
  return tokenMap(pattern, head);
}
