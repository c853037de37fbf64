/** Stored tensors that inference does not use: buffers, and what a trainer kept beside the model. */

import type { Layout } from "./weight-map.js";

/** Names of both kinds. */
export interface Extra {
  /** Buffers that are computed anew. */
  readonly ignored: readonly string[];
  /** A trainer's auxiliary parts, which the reference drops too (`strict=False`). */
  readonly auxiliary: readonly string[];
}

// Buffers that older versions of transformers stored; they hold no weight.
const BUFFER = /\.(?:rotary_emb\.(?:inv_freq|cos_cached|sin_cached)|masked_bias|attn\.bias|position_ids)$/;
/** SIM-CoT's second model, which spells latents out in training, and the two maps to and from it; the last under Coconut, so spelt. */
const SIM_COT = /^(?:decoder|pj_in|pj_out|expainable_llm)\./;

/** Null for what is unknown: it could be a part of the model. */
export function extraOf(name: string, layout: Layout["kind"]): keyof Extra | null {
  if (BUFFER.test(name)) return "ignored";
  return layout !== "plain" && SIM_COT.test(name) ? "auxiliary" : null;
}

/** `decoder.* (148 tensors), pj_in.* (2 tensors)`; numbers of layers are put together. */
export function inGroups(names: readonly string[], depth: "first part" | "whole"): string {
  const groups = new Map<string, number>();
  for (const name of names) {
    const key = depth === "first part" ? `${name.split(".")[0]}.*` : name.replace(/\.\d+\./g, ".*.");
    groups.set(key, (groups.get(key) ?? 0) + 1);
  }
  return [...groups].map(([key, count]) => (count === 1 ? key : `${key} (${count} tensors)`)).join(", ");
}
