/** Names of sites that complete in an editor: `site.block(8).residPost` is the text `blocks.8.hook_resid_post`. */

import { UsageError } from "../../base/errors.js";
import { described } from "./described.js";

/** The sites of one block, or with `*` of every block. A family may lack some (docs/hooks.md). What they mean stands in `names.ts`; a test compares the two. */
export interface BlockSites<L extends string> {
  /** input of the block; hidden_states[L] */
  readonly residPre: `blocks.${L}.hook_resid_pre`;
  readonly ln1: {
    /** what ln_1 divides by: sqrt(variance + eps) */
    readonly scale: `blocks.${L}.ln1.hook_scale`;
    /** input_layernorm before its weight */
    readonly normalized: `blocks.${L}.ln1.hook_normalized`;
  };
  readonly attn: {
    /** queries before RoPE; q_proj */
    readonly q: `blocks.${L}.attn.hook_q`;
    /** keys before RoPE; k_proj */
    readonly k: `blocks.${L}.attn.hook_k`;
    /** values; v_proj */
    readonly v: `blocks.${L}.attn.hook_v`;
    /** queries after RoPE */
    readonly rotQ: `blocks.${L}.attn.hook_rot_q`;
    /** keys after RoPE; what the cache holds */
    readonly rotK: `blocks.${L}.attn.hook_rot_k`;
    /** q·k / sqrt(dHead), before the mask (in TransformerLens after it) */
    readonly attnScores: `blocks.${L}.attn.hook_attn_scores`;
    /** softmax of the masked scores; rows sum to 1 */
    readonly pattern: `blocks.${L}.attn.hook_pattern`;
    /** pattern-weighted values; input of o_proj */
    readonly z: `blocks.${L}.attn.hook_z`;
    /** each head's part of attn_out */
    readonly result: `blocks.${L}.attn.hook_result`;
  };
  /** self_attn output, added to the residual stream */
  readonly attnOut: `blocks.${L}.hook_attn_out`;
  /** residual stream between attention and MLP */
  readonly residMid: `blocks.${L}.hook_resid_mid`;
  readonly ln2: {
    /** what ln_2 divides by: sqrt(variance + eps) */
    readonly scale: `blocks.${L}.ln2.hook_scale`;
    /** post_attention_layernorm before its weight */
    readonly normalized: `blocks.${L}.ln2.hook_normalized`;
  };
  readonly mlp: {
    /** gate_proj, before SiLU */
    readonly pre: `blocks.${L}.mlp.hook_pre`;
    /** up_proj */
    readonly preLinear: `blocks.${L}.mlp.hook_pre_linear`;
    /** silu(gate) * up; input of down_proj */
    readonly post: `blocks.${L}.mlp.hook_post`;
  };
  /** MLP output, added to the residual stream */
  readonly mlpOut: `blocks.${L}.hook_mlp_out`;
  /** output of the block; hidden_states[L+1] (the last one before the final norm) */
  readonly residPost: `blocks.${L}.hook_resid_post`;
}

/** The sites outside the blocks, and the way to those of the blocks. */
export interface Sites {
  /**
   * The sites of one block.
   *
   * @param layer from 0. @throws UsageError for what is no whole number from 0; how many blocks there are is known to the model only.
   */
  readonly block: <N extends number>(layer: N) => BlockSites<`${N}`>;
  /** The sites of all blocks: `blocks.*.hook_resid_post`. */
  readonly everyBlock: BlockSites<"*">;
  /** what enters the residual stream: token embedding, or the latent's input */
  readonly embed: "hook_embed";
  /** wpe of the position, added to hook_embed */
  readonly posEmbed: "hook_pos_embed";
  readonly lnFinal: {
    /** what ln_f divides by: sqrt(variance + eps) */
    readonly scale: "ln_final.hook_scale";
    /** final norm before its weight */
    readonly normalized: "ln_final.hook_normalized";
  };
  /** head over the final norm; protocols codi and seed drop the last vocabulary id */
  readonly logits: "hook_logits";
  readonly latents: {
    /** final-norm state of the position before, about to be fed back into latent k */
    readonly hidden: "latents.hook_hidden";
    /** what is fed at latent k */
    readonly input: "latents.hook_input";
  };
  readonly prj: {
    /** prj.1, before GELU */
    readonly pre: "prj.hook_pre";
    /** projection after its LayerNorm, where it has one */
    readonly post: "prj.hook_post";
  };
}

/**
 * Builds names of sites. What it gives is plain text, so it goes wherever a site's name goes.
 *
 * @example
 * ```ts
 * site.block(8).residPost; // → "blocks.8.hook_resid_post"
 * site.latents.input; // → "latents.hook_input"
 * ```
 */
export const site: Sites = {
  block: (layer) => {
    if (typeof layer !== "number" || !Number.isInteger(layer) || layer < 0)
      throw new UsageError(
        `site.block(${typeof layer === "number" ? layer : described(layer)}): wanted the number of a block`,
        "write site.block(8)",
      );
    return blockSites(`${layer}`);
  },
  everyBlock: blockSites("*"),
  embed: "hook_embed",
  posEmbed: "hook_pos_embed",
  lnFinal: { scale: "ln_final.hook_scale", normalized: "ln_final.hook_normalized" },
  logits: "hook_logits",
  latents: { hidden: "latents.hook_hidden", input: "latents.hook_input" },
  prj: { pre: "prj.hook_pre", post: "prj.hook_post" },
};

function blockSites<L extends string>(layer: L): BlockSites<L> {
  return {
    residPre: `blocks.${layer}.hook_resid_pre`,
    ln1: { scale: `blocks.${layer}.ln1.hook_scale`, normalized: `blocks.${layer}.ln1.hook_normalized` },
    attn: {
      q: `blocks.${layer}.attn.hook_q`,
      k: `blocks.${layer}.attn.hook_k`,
      v: `blocks.${layer}.attn.hook_v`,
      rotQ: `blocks.${layer}.attn.hook_rot_q`,
      rotK: `blocks.${layer}.attn.hook_rot_k`,
      attnScores: `blocks.${layer}.attn.hook_attn_scores`,
      pattern: `blocks.${layer}.attn.hook_pattern`,
      z: `blocks.${layer}.attn.hook_z`,
      result: `blocks.${layer}.attn.hook_result`,
    },
    attnOut: `blocks.${layer}.hook_attn_out`,
    residMid: `blocks.${layer}.hook_resid_mid`,
    ln2: { scale: `blocks.${layer}.ln2.hook_scale`, normalized: `blocks.${layer}.ln2.hook_normalized` },
    mlp: {
      pre: `blocks.${layer}.mlp.hook_pre`,
      preLinear: `blocks.${layer}.mlp.hook_pre_linear`,
      post: `blocks.${layer}.mlp.hook_post`,
    },
    mlpOut: `blocks.${layer}.hook_mlp_out`,
    residPost: `blocks.${layer}.hook_resid_post`,
  };
}
