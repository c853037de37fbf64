/** Every hook point: its name, axes, and what it equals in the reference. The vocabulary is TransformerLens's; the latents' sites are ours. */

import { UsageError } from "../../base/errors.js";
import { nearestFirst } from "../../base/nearest.js";
import type { Tensor3D, Tensor4D } from "../tensor/tf.js";

const RESIDUAL = ["batch", "position", "dModel"] as const;
const QUERY_HEADS = ["batch", "position", "heads", "dHead"] as const;
const KV_HEADS = ["batch", "position", "kvHeads", "dHead"] as const;
const PATTERN = ["batch", "heads", "query", "key"] as const;
const NEURONS = ["batch", "position", "dMlp"] as const;

/** Sites inside block L, addressed `blocks.L.<name>`. */
export const BLOCK_SITES = {
  hook_resid_pre: { axes: RESIDUAL, meaning: "input of the block; hidden_states[L]" },
  "ln1.hook_normalized": { axes: RESIDUAL, meaning: "input_layernorm before its weight" },
  "attn.hook_q": { axes: QUERY_HEADS, meaning: "queries before RoPE; q_proj" },
  "attn.hook_k": { axes: KV_HEADS, meaning: "keys before RoPE; k_proj" },
  "attn.hook_v": { axes: KV_HEADS, meaning: "values; v_proj" },
  "attn.hook_rot_q": { axes: QUERY_HEADS, meaning: "queries after RoPE" },
  "attn.hook_rot_k": { axes: KV_HEADS, meaning: "keys after RoPE; what the cache holds" },
  "attn.hook_attn_scores": {
    axes: PATTERN,
    meaning: "q·k / sqrt(dHead), before the mask (in TransformerLens after it)",
  },
  "attn.hook_pattern": { axes: PATTERN, meaning: "softmax of the masked scores; rows sum to 1" },
  "attn.hook_z": { axes: QUERY_HEADS, meaning: "pattern-weighted values; input of o_proj" },
  "attn.hook_result": {
    axes: ["batch", "position", "heads", "dModel"] as const,
    meaning: "each head's part of attn_out",
  },
  hook_attn_out: { axes: RESIDUAL, meaning: "self_attn output, added to the residual stream" },
  hook_resid_mid: { axes: RESIDUAL, meaning: "residual stream between attention and MLP" },
  "ln2.hook_normalized": { axes: RESIDUAL, meaning: "post_attention_layernorm before its weight" },
  "mlp.hook_pre": { axes: NEURONS, meaning: "gate_proj, before SiLU" },
  "mlp.hook_pre_linear": { axes: NEURONS, meaning: "up_proj" },
  "mlp.hook_post": { axes: NEURONS, meaning: "silu(gate) * up; input of down_proj" },
  hook_mlp_out: { axes: RESIDUAL, meaning: "MLP output, added to the residual stream" },
  hook_resid_post: {
    axes: RESIDUAL,
    meaning: "output of the block; hidden_states[L+1] (the last one before the final norm)",
  },
} as const;

/** Sites outside the blocks. */
export const GLOBAL_SITES = {
  hook_embed: { axes: RESIDUAL, meaning: "what enters the residual stream: token embedding, or the latent's input" },
  "ln_final.hook_normalized": { axes: RESIDUAL, meaning: "final norm before its weight" },
  hook_logits: {
    axes: ["batch", "position", "vocab"] as const,
    meaning: "head over the final norm, last vocabulary id dropped",
  },
  "latents.hook_hidden": {
    axes: ["batch", "latent", "dModel"] as const,
    meaning: "final-norm state of the position before, about to be projected into latent k",
  },
  "prj.hook_pre": { axes: ["batch", "latent", "prjDim"] as const, meaning: "prj.1, before GELU" },
  "prj.hook_post": {
    axes: ["batch", "latent", "dModel"] as const,
    meaning: "projection after its LayerNorm, where it has one",
  },
  "latents.hook_input": { axes: ["batch", "latent", "dModel"] as const, meaning: "what is fed at latent k" },
} as const;

type BlockTable = typeof BLOCK_SITES;
type GlobalTable = typeof GLOBAL_SITES;

/** Name of a site within a block. */
export type BlockSite = keyof BlockTable;
/** Name of a site outside the blocks. */
export type GlobalSite = keyof GlobalTable;
/** Any site; a misspelt literal does not compile. */
export type SiteName = GlobalSite | `blocks.${number}.${BlockSite}`;

/** The axes that follow from a site's name. */
export type AxesOf<S extends SiteName> = S extends GlobalSite
  ? GlobalTable[S]["axes"]
  : S extends `blocks.${number}.${infer B extends BlockSite}`
    ? BlockTable[B]["axes"]
    : never;

declare const axesBrand: unique symbol;
/** A tensor whose axes are known from the site it was read at. */
export type SiteTensor<S extends SiteName> = (AxesOf<S>["length"] extends 4 ? Tensor4D : Tensor3D) & {
  readonly [axesBrand]?: AxesOf<S>;
};

/** A site's name taken apart. */
export interface ParsedSite {
  readonly name: SiteName;
  /** Block index, or null for a global site. */
  readonly layer: number | null;
  readonly kind: BlockSite | GlobalSite;
  readonly axes: readonly string[];
}

/**
 * @returns `blocks.L.kind`.
 * @example
 * ```ts
 * blockSite(8, "hook_resid_post"); // → blocks.8.hook_resid_post
 * ```
 */
export function blockSite<B extends BlockSite>(layer: number, kind: B): `blocks.${number}.${B}` {
  return `blocks.${layer}.${kind}`;
}

/**
 * Takes a site's name apart and checks it against the model's depth.
 *
 * @throws UsageError for an unknown site (with the nearest names) or a layer out of range.
 * @example
 * ```ts
 * parseSite("blocks.8.attn.hook_z", model.config.layers).axes; // → [ 'batch', 'position', 'heads', 'dHead' ]
 * ```
 */
export function parseSite(text: string, layers: number): ParsedSite {
  if (Object.hasOwn(GLOBAL_SITES, text)) {
    const kind = text as GlobalSite;
    return { name: kind, layer: null, kind, axes: GLOBAL_SITES[kind].axes };
  }
  const match = /^blocks\.(\d+)\.(.+)$/.exec(text);
  if (match === null || !Object.hasOwn(BLOCK_SITES, match[2] ?? "")) throw unknownSite(text);
  const layer = Number(match[1]);
  if (layer >= layers || String(layer) !== match[1]) {
    throw new UsageError(
      `Site "${text}" names layer ${match[1]}, the model has layers 0 to ${layers - 1}`,
      "choose a layer in that range",
    );
  }
  const kind = match[2] as BlockSite;
  return { name: blockSite(layer, kind), layer, kind, axes: BLOCK_SITES[kind].axes };
}

/**
 * All sites of a model with `layers` blocks, in the order in which they are computed.
 * @example
 * ```ts
 * allSites(model.config.layers).length; // → 311
 * ```
 */
export function allSites(layers: number): SiteName[] {
  const blocks = Array.from({ length: layers }, (_, layer) =>
    (Object.keys(BLOCK_SITES) as BlockSite[]).map((kind) => blockSite(layer, kind)),
  );
  return [
    "latents.hook_hidden",
    "prj.hook_pre",
    "prj.hook_post",
    "latents.hook_input",
    "hook_embed",
    ...blocks.flat(),
    "ln_final.hook_normalized",
    "hook_logits",
  ];
}

/**
 * Expands globs such as `blocks.*.attn.hook_pattern` (`*` stands for any characters).
 *
 * @throws UsageError when a pattern matches nothing.
 */
export function expandSites(patterns: readonly string[], layers: number): SiteName[] {
  const [only] = patterns;
  if (only !== undefined && patterns.length === 1) return [...sitesOf(only, layers)];
  const chosen = new Set(patterns.flatMap((pattern) => sitesOf(pattern, layers)));
  return allSites(layers).filter((site) => chosen.has(site));
}

/** Globs that were expanded. A plan asks for the same few of them once a condition. */
const expanded = new Map<string, readonly SiteName[]>();
const MOST_EXPANDED = 256;

/** In the order in which they are computed. */
function sitesOf(pattern: string, layers: number): readonly SiteName[] {
  if (!pattern.includes("*")) return [parseSite(pattern, layers).name];
  const key = `${layers} ${pattern}`;
  const known = expanded.get(key);
  if (known !== undefined) return known;
  const matched = matchingSites(pattern, allSites(layers));
  if (matched.length === 0) throw unknownSite(pattern);
  if (expanded.size === MOST_EXPANDED) expanded.clear();
  expanded.set(key, matched);
  return matched;
}

/** Those of the sites that a glob matches. */
export function matchingSites<S extends string>(pattern: string, sites: readonly S[]): S[] {
  const expression = new RegExp(`^${pattern.split("*").map(escapeRegExp).join(".*")}$`);
  return sites.filter((site) => expression.test(site));
}

function escapeRegExp(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
}

function unknownSite(text: string): UsageError {
  const known = [...Object.keys(GLOBAL_SITES), ...Object.keys(BLOCK_SITES).map((kind) => `blocks.L.${kind}`)];
  const plain = text.replace(/^blocks\.[^.]*\./, "blocks.L.");
  const nearest = nearestFirst(plain, known).slice(0, 3);
  return new UsageError(`Unknown site "${text}"`, `nearest names: ${nearest.join(", ")} (docs/hooks.md lists all)`);
}
