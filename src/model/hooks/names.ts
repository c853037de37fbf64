/** Every hook point: its name, axes, and what it equals in the reference. The vocabulary is TransformerLens's; the latents' sites are ours. */

import { UsageError } from "../../base/errors.js";
import { nearestFirst } from "../../base/nearest.js";
import { FAMILY_NAMES, FAMILY_TITLES, type FamilyName } from "../decoder/family-names.js";
import type { Tensor3D, Tensor4D } from "../tensor/tf.js";

/** One hook point. */
export interface SiteEntry {
  readonly axes: readonly string[];
  /** Families that have it; without this, all. */
  readonly families?: readonly FamilyName[];
  /** What it is, in LLaMA's names where it differs by family. */
  readonly meaning: string;
  /** What it is in GPT-2, where that differs. */
  readonly gpt2?: string;
  /** What it is in Qwen2, where that differs. */
  readonly qwen2?: string;
}

const RESIDUAL = ["batch", "position", "dModel"] as const;
const SCALE = ["batch", "position", "scale"] as const;
const QUERY_HEADS = ["batch", "position", "heads", "dHead"] as const;
const KV_HEADS = ["batch", "position", "kvHeads", "dHead"] as const;
const PATTERN = ["batch", "heads", "query", "key"] as const;
const NEURONS = ["batch", "position", "dMlp"] as const;

/** LLaMA and what is made like it. */
const ROTARY = ["llama", "qwen2"] as const;
const LEARNED = ["gpt2"] as const;

/** Sites inside block L, addressed `blocks.L.<name>`. `families` lists those that have the site; without it all have. */
export const BLOCK_SITES = {
  hook_resid_pre: { axes: RESIDUAL, meaning: "input of the block; hidden_states[L]" },
  "ln1.hook_scale": { axes: SCALE, families: LEARNED, meaning: "what ln_1 divides by: sqrt(variance + eps)" },
  "ln1.hook_normalized": {
    axes: RESIDUAL,
    meaning: "input_layernorm before its weight",
    gpt2: "ln_1 before weight and bias",
  },
  "attn.hook_q": {
    axes: QUERY_HEADS,
    meaning: "queries before RoPE; q_proj",
    qwen2: "queries before RoPE; q_proj with its bias",
    gpt2: "queries; first third of c_attn",
  },
  "attn.hook_k": {
    axes: KV_HEADS,
    meaning: "keys before RoPE; k_proj",
    qwen2: "keys before RoPE; k_proj with its bias",
    gpt2: "keys, as the cache holds them; second third of c_attn",
  },
  "attn.hook_v": {
    axes: KV_HEADS,
    meaning: "values; v_proj",
    qwen2: "values; v_proj with its bias",
    gpt2: "values; last third of c_attn",
  },
  "attn.hook_rot_q": { axes: QUERY_HEADS, families: ROTARY, meaning: "queries after RoPE" },
  "attn.hook_rot_k": { axes: KV_HEADS, families: ROTARY, meaning: "keys after RoPE; what the cache holds" },
  "attn.hook_attn_scores": {
    axes: PATTERN,
    meaning: "q·k / sqrt(dHead), before the mask (in TransformerLens after it)",
  },
  "attn.hook_pattern": { axes: PATTERN, meaning: "softmax of the masked scores; rows sum to 1" },
  "attn.hook_z": {
    axes: QUERY_HEADS,
    meaning: "pattern-weighted values; input of o_proj",
    gpt2: "pattern-weighted values; input of attn.c_proj",
  },
  "attn.hook_result": {
    axes: ["batch", "position", "heads", "dModel"] as const,
    meaning: "each head's part of attn_out",
    gpt2: "each head's part of attn_out; c_proj's bias is no head's",
  },
  hook_attn_out: {
    axes: RESIDUAL,
    meaning: "self_attn output, added to the residual stream",
    gpt2: "attn output with c_proj's bias, added to the residual stream",
  },
  hook_resid_mid: { axes: RESIDUAL, meaning: "residual stream between attention and MLP" },
  "ln2.hook_scale": { axes: SCALE, families: LEARNED, meaning: "what ln_2 divides by: sqrt(variance + eps)" },
  "ln2.hook_normalized": {
    axes: RESIDUAL,
    meaning: "post_attention_layernorm before its weight",
    gpt2: "ln_2 before weight and bias",
  },
  "mlp.hook_pre": { axes: NEURONS, meaning: "gate_proj, before SiLU", gpt2: "c_fc with its bias, before GELU" },
  "mlp.hook_pre_linear": { axes: NEURONS, families: ROTARY, meaning: "up_proj" },
  "mlp.hook_post": {
    axes: NEURONS,
    meaning: "silu(gate) * up; input of down_proj",
    gpt2: "gelu_new(pre); input of mlp.c_proj",
  },
  hook_mlp_out: {
    axes: RESIDUAL,
    meaning: "MLP output, added to the residual stream",
    gpt2: "MLP output with c_proj's bias, added to the residual stream",
  },
  hook_resid_post: {
    axes: RESIDUAL,
    meaning: "output of the block; hidden_states[L+1] (the last one before the final norm)",
  },
} as const satisfies Readonly<Record<string, SiteEntry>>;

const FEATURES = ["batch", "position", "feature"] as const;

/** What follows a site's name where its values are read through a sparse autoencoder. */
export const FEATURES_OF = ".sae";

/** Features of a sparse autoencoder, addressed `blocks.L.<name>`. A run has those of the autoencoders that it was given. */
export const FEATURE_SITES = {
  "hook_resid_pre.sae": { axes: FEATURES, meaning: "features of the autoencoder at hook_resid_pre" },
  "hook_resid_mid.sae": { axes: FEATURES, meaning: "features of the autoencoder at hook_resid_mid" },
  "hook_resid_post.sae": { axes: FEATURES, meaning: "features of the autoencoder at hook_resid_post" },
} as const satisfies Readonly<Record<string, SiteEntry>>;

/** Sites outside the blocks. */
export const GLOBAL_SITES = {
  hook_embed: {
    axes: RESIDUAL,
    meaning: "what enters the residual stream: token embedding, or the latent's input",
    gpt2: "token embedding, or the latent's input, before its position is added",
  },
  hook_pos_embed: { axes: RESIDUAL, families: LEARNED, meaning: "wpe of the position, added to hook_embed" },
  "ln_final.hook_scale": { axes: SCALE, families: LEARNED, meaning: "what ln_f divides by: sqrt(variance + eps)" },
  "ln_final.hook_normalized": {
    axes: RESIDUAL,
    meaning: "final norm before its weight",
    gpt2: "ln_f before weight and bias",
  },
  hook_logits: {
    axes: ["batch", "position", "vocab"] as const,
    meaning: "head over the final norm; protocols codi and seed drop the last vocabulary id",
  },
  "latents.hook_hidden": {
    axes: ["batch", "latent", "dModel"] as const,
    meaning: "final-norm state of the position before, about to be fed back into latent k",
  },
  "prj.hook_pre": { axes: ["batch", "latent", "prjDim"] as const, meaning: "prj.1, before GELU" },
  "prj.hook_post": {
    axes: ["batch", "latent", "dModel"] as const,
    meaning: "projection after its LayerNorm, where it has one",
  },
  "latents.hook_input": {
    axes: ["batch", "latent", "dModel"] as const,
    meaning: "what is fed at latent k",
    gpt2: "what is fed at latent k, before its position is added",
  },
} as const satisfies Readonly<Record<string, SiteEntry>>;

type BlockTable = typeof BLOCK_SITES & typeof FEATURE_SITES;
type GlobalTable = typeof GLOBAL_SITES;

/** Name of a site within a block. */
export type BlockSite = keyof BlockTable;
/** Name of the features of an autoencoder within a block. */
export type FeatureSite = keyof typeof FEATURE_SITES;
/** Name of a site outside the blocks. */
export type GlobalSite = keyof GlobalTable;
/** Any site; a misspelt literal does not compile. */
export type SiteName = GlobalSite | `blocks.${number}.${BlockSite}`;

/** Those keys of a table that a family has. */
type HadBy<T, F extends FamilyName> = {
  [K in keyof T]: T[K] extends { readonly families: readonly (infer Own)[] } ? (F extends Own ? K : never) : K;
}[keyof T];

/** The sites of one family: `SiteNameOf<"gpt2">` has no `blocks.0.attn.hook_rot_q`. */
export type SiteNameOf<F extends FamilyName> =
  | (HadBy<GlobalTable, F> & GlobalSite)
  | `blocks.${number}.${HadBy<BlockTable, F> & BlockSite}`;

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
 * What sites are looked up in: a model's configuration, or as much of it. With a number of blocks alone, a name of any family's is found, and lists
 * are LLaMA's.
 */
export type SiteModel =
  | number
  | {
      readonly layers: number;
      readonly family?: FamilyName | undefined;
      /** The sites of the autoencoders that the run was given. */
      readonly features?: readonly SiteName[] | undefined;
    };

/**
 * Takes a site's name apart and checks it against the model's depth and family.
 *
 * @throws UsageError for an unknown site (with the nearest names), one that the family lacks, or a layer out of range.
 * @example
 * ```ts
 * parseSite("blocks.8.attn.hook_z", model.config).axes; // → [ 'batch', 'position', 'heads', 'dHead' ]
 * ```
 */
export function parseSite(text: string, model: SiteModel): ParsedSite {
  const shape = shapeOf(model);
  const { layers, family } = shape;
  if (Object.hasOwn(GLOBAL_SITES, text)) {
    const kind = text as GlobalSite;
    checkFamily(kind, GLOBAL_SITES[kind], shape);
    return { name: kind, layer: null, kind, axes: GLOBAL_SITES[kind].axes };
  }
  const match = /^blocks\.(\d+)\.(.+)$/.exec(text);
  if (match === null || !Object.hasOwn(IN_BLOCK, match[2] ?? "")) throw unknownSite(text, family);
  const layer = Number(match[1]);
  if (layer >= layers || String(layer) !== match[1]) {
    throw new UsageError(
      `Site "${text}" names layer ${match[1]}, the model has layers 0 to ${layers - 1}`,
      "choose a layer in that range",
    );
  }
  const kind = match[2] as BlockSite;
  const name = blockSite(layer, kind);
  checkFamily(text, IN_BLOCK[kind], shape);
  if (kind in FEATURE_SITES && shape.features?.includes(name) === false) throw notGiven(name, shape.features);
  return { name, layer, kind, axes: IN_BLOCK[kind].axes };
}

const IN_BLOCK: BlockTable = { ...BLOCK_SITES, ...FEATURE_SITES };

/**
 * All sites of a model, in the order in which they are computed.
 * @example
 * ```ts
 * allSites(model.config).length; // → 311
 * ```
 */
export function allSites(model: SiteModel): SiteName[] {
  const { layers, family = "llama", features = [] } = shapeOf(model);
  const kinds = (Object.keys(BLOCK_SITES) as (keyof typeof BLOCK_SITES)[]).filter((kind) =>
    isHad(BLOCK_SITES[kind], family),
  );
  const withFeatures = (site: SiteName): SiteName[] => [
    site,
    ...features.filter((each) => each === `${site}${FEATURES_OF}`),
  ];
  const blocks = Array.from({ length: layers }, (_, layer) =>
    kinds.flatMap((kind) => withFeatures(blockSite(layer, kind))),
  );
  return [
    ...BEFORE.filter((kind) => isHad(GLOBAL_SITES[kind], family)),
    ...blocks.flat(),
    ...AFTER.filter((kind) => isHad(GLOBAL_SITES[kind], family)),
  ];
}

const BEFORE = [
  "latents.hook_hidden",
  "prj.hook_pre",
  "prj.hook_post",
  "latents.hook_input",
  "hook_embed",
  "hook_pos_embed",
] as const;
const AFTER = ["ln_final.hook_scale", "ln_final.hook_normalized", "hook_logits"] as const;

/**
 * Expands globs such as `blocks.*.attn.hook_pattern` (`*` stands for any characters).
 *
 * @throws UsageError when a pattern matches nothing, or nothing that the family has.
 */
export function expandSites(patterns: readonly string[], model: SiteModel): SiteName[] {
  const [only] = patterns;
  if (only !== undefined && patterns.length === 1) return [...sitesOf(only, model)];
  const chosen = new Set(patterns.flatMap((pattern) => sitesOf(pattern, model)));
  // Without a family, a name may be of one whose sites are not listed.
  return [...new Set([...allSites(model).filter((site) => chosen.has(site)), ...chosen])];
}

/** Globs that were expanded. A plan asks for the same few of them once a condition. */
const expanded = new Map<string, readonly SiteName[]>();
const MOST_EXPANDED = 256;

/** In the order in which they are computed. */
function sitesOf(pattern: string, model: SiteModel): readonly SiteName[] {
  if (!pattern.includes("*")) return [parseSite(pattern, model).name];
  const { layers, family, features = [] } = shapeOf(model);
  const key = `${family ?? ""} ${layers} ${pattern} ${features.join()}`;
  const known = expanded.get(key);
  if (known !== undefined) return known;
  const matched = matchingSites(pattern, allSites(model));
  if (matched.length === 0)
    throw pattern.endsWith(FEATURES_OF) ? notGiven(pattern, features) : noneMatched(pattern, { layers, family });
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

interface SiteShape {
  readonly layers: number;
  readonly family: FamilyName | undefined;
  /** Undefined where nothing is known of autoencoders: then any may be named. */
  readonly features?: readonly SiteName[];
}

function shapeOf(model: SiteModel): SiteShape {
  return typeof model === "number"
    ? { layers: model, family: undefined }
    : { layers: model.layers, family: model.family, features: model.features ?? [] };
}

function isHad({ families }: SiteEntry, family: FamilyName): boolean {
  return families === undefined || families.includes(family);
}

function checkFamily(site: string, entry: SiteEntry, { family }: SiteShape): void {
  if (family !== undefined && !isHad(entry, family)) throw lacking(site, { family, have: entry.families ?? [] });
}

function notGiven(site: string, features: readonly SiteName[]): UsageError {
  const given = features.length === 0 ? "the run was given none" : `the run was given those of ${features.join(", ")}`;
  return new UsageError(
    `Site "${site}" needs a sparse autoencoder, and ${given}`,
    "load it with loadSae(folder), and give it in saes of run, runBatch or runConditions, or as --sae of trace",
  );
}

/** Other families may have what a glob looks for. */
function noneMatched(pattern: string, { layers, family }: Pick<SiteShape, "layers" | "family">): UsageError {
  const have = FAMILY_NAMES.filter((other) => matchingSites(pattern, allSites({ layers, family: other })).length > 0);
  return family === undefined || have.length === 0 ? unknownSite(pattern, family) : lacking(pattern, { family, have });
}

function lacking(
  site: string,
  { family, have }: { readonly family: FamilyName; readonly have: readonly FamilyName[] },
): UsageError {
  return new UsageError(
    `Site "${site}": ${FAMILY_TITLES[family]} has none such, but ${have.map((each) => FAMILY_TITLES[each]).join(" and ")} ${have.length === 1 ? "has" : "have"}`,
    "docs/hooks.md lists the sites of each family",
  );
}

function unknownSite(text: string, family: FamilyName = "llama"): UsageError {
  const had = (table: Readonly<Record<string, SiteEntry>>): string[] =>
    Object.entries(table).flatMap(([name, entry]) => (isHad(entry, family) ? [name] : []));
  const known = [
    ...had(GLOBAL_SITES),
    ...[...had(BLOCK_SITES), ...had(FEATURE_SITES)].map((kind) => `blocks.L.${kind}`),
  ];
  const plain = text.replace(/^blocks\.[^.]*\./, "blocks.L.");
  const nearest = nearestFirst(plain, known).slice(0, 3);
  return new UsageError(`Unknown site "${text}"`, `nearest names: ${nearest.join(", ")} (docs/hooks.md lists all)`);
}
