/** Attention of all heads of a block, and of one latent with the positions before and after it. */

import { at, type LatentModel, type RunResult } from "../../browser.js";
import { positionViews } from "./read.js";
import type { AttentionSlice, AttentionView } from "./types.js";

/** Which attention is shown. */
export interface AttentionAsked {
  readonly block: number;
  readonly run: "clean" | "edited";
}

/** The whole pattern of a block, which the run captured. */
export function attentionView(model: LatentModel, result: RunResult, { block, run }: AttentionAsked): AttentionView {
  const pattern = result.captures.get(`blocks.${block}.attn.hook_pattern`);
  const heads = pattern.shape[1] ?? 0;
  return {
    block,
    heads,
    run,
    positions: positionViews(model, result),
    values: pattern.data,
    beforeNumber: beforeNumber(result),
  };
}

/** Where the first token of the answer's number is predicted. */
function beforeNumber({ answer, layout }: RunResult): number | null {
  const { numberToken } = answer;
  if (numberToken === null) return null;
  if (numberToken > 0) return layout.find({ part: "answer", index: numberToken - 1 });
  return layout.indicesOf(at.eot).at(-1) ?? null;
}

/** What a latent looks at in a block, and which positions look at it. */
export function latentAttention(
  model: LatentModel,
  result: RunResult,
  { block, latent }: { readonly block: number; readonly latent: number },
): { readonly attendsTo: AttentionSlice; readonly attendedBy: AttentionSlice } {
  const views = positionViews(model, result);
  const own = result.layout.indexOf(at.latent(latent));
  const site = `blocks.${block}.attn.hook_pattern` as const;
  const [row, column] = [
    result.captures.at(site, at.latent(latent)),
    result.captures.at(site, at.all, { keys: at.latent(latent) }),
  ];
  return {
    attendsTo: { positions: views.slice(0, own + 1), weights: byHead(row.data, row.shape, { from: 0, to: own + 1 }) },
    attendedBy: {
      positions: views.slice(own),
      weights: byHead(column.data, column.shape, { from: own, to: views.length }),
    },
  };
}

/** `[heads, positions]` as lists, of some positions. */
function byHead(
  data: Float32Array,
  [heads = 0, positions = 0]: readonly number[],
  { from, to }: { readonly from: number; readonly to: number },
): number[][] {
  return Array.from({ length: heads }, (_, head) =>
    Array.from(data.subarray(head * positions + from, head * positions + to)),
  );
}
