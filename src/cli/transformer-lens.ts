/** One run as TransformerLens keeps it: the keys, shapes and masks of its `ActivationCache`. */

import { range } from "../base/range.js";
import type { TensorToWrite } from "../model/checkpoint/write-safetensors.js";
import { blockSite, type SiteName } from "../model/hooks/names.js";
import type { RunResult } from "../model/latent/run-types.js";
import { runMetadata, type TracedRun } from "./trace-file.js";

/** What a run has to capture: every site that TransformerLens has under the same name, and the logits. */
export const LENS_SITES: readonly string[] = ["hook_*embed", "blocks.*", "ln_final.*", "hook_logits"];

/** What is said of differences, beside the tensors. */
const NOTES = [
  "The sequence has the latents in it: `positions` names each place. A latent is fed a state and has no token; its id in `tokens` is -1, and its hook_embed is what was fed.",
  "attn.hook_attn_scores: where a query may not read a key, the score is the least float32, as in TransformerLens; the site of the same name in CodiLens is before the mask.",
  "hook_normalized is before the norm's weight, and no weight is folded into another: as TransformerLens has it without processing of weights.",
  "attn.hook_k, hook_v and hook_rot_k have a head a key-value head.",
  "Keys of single modules (hook_in, hook_out, hook_cos, hook_sin) are left out.",
];
/** Of norms whose scale is no site here. */
const SCALE_NOTE = "hook_scale is what the norm divided by, computed from its input and hook_normalized.";
const MASKED = -(2 - 2 ** -23) * 2 ** 127;
const NO_TOKEN = -1;

/** The files of an export. */
export interface LensExport {
  /** What `ActivationCache` takes. */
  readonly cache: readonly TensorToWrite[];
  /** `tokens [1, position]` and `logits [1, position, vocab]`. */
  readonly run: readonly TensorToWrite[];
  /** Names, the model's sizes as TransformerLens calls them, and notes. */
  readonly about: object;
}

/** @param traced a run that captured `LENS_SITES`. */
export function lensExport(traced: TracedRun): LensExport {
  const { model, result } = traced;
  const { layers, heads, kvHeads, dModel, dHead, dMlp } = model.config;
  const { positions, latents, predicting, tokens, ...plain } = runMetadata(traced);
  const sites = result.captures.sites.filter((site) => site !== "hook_logits");
  const { shape, data } = result.captures.get("hook_logits");
  const hasScales = sites.includes("ln_final.hook_scale");
  return {
    cache: [...sites.map((site) => siteOf(result, site)), ...(hasScales ? [] : scales(traced))],
    run: [idsOf(traced), { name: "logits", dtype: "F32", shape, data }],
    about: {
      ...plain,
      ...Object.fromEntries(
        Object.entries({ positions, latents, predicting, tokens }).map(([k, v]) => [k, JSON.parse(v ?? "[]")]),
      ),
      cfg: {
        ...{
          n_layers: layers,
          n_heads: heads,
          n_key_value_heads: kvHeads,
          d_model: dModel,
          d_head: dHead,
          d_mlp: dMlp,
        },
        ...{ d_vocab: shape[2], normalization_type: hasScales ? "LN" : "RMS", attn_only: false },
      },
      notes: hasScales ? NOTES : [...NOTES.slice(0, -1), SCALE_NOTE, ...NOTES.slice(-1)],
    },
  };
}

function siteOf({ captures }: RunResult, site: SiteName): TensorToWrite {
  const { shape, data } = captures.get(site);
  const isMasked = site.endsWith("attn.hook_attn_scores");
  return { name: site, dtype: "F32", shape, data: isMasked ? masked(data, shape) : data };
}

/** Scores `[1, heads, query, key]`; no key after the query is read. */
function masked(scores: Float32Array, shape: readonly number[]): Float32Array {
  const [, , queries = 0, keys = 0] = shape;
  return scores.map((score, at) => (at % keys > Math.floor(at / keys) % queries ? MASKED : score));
}

/** TransformerLens keeps what each norm divides by. */
function scales({ model, result }: TracedRun): TensorToWrite[] {
  const last = model.config.layers - 1;
  const norms = range(last + 1).flatMap((layer): (readonly [string, SiteName])[] => [
    [`blocks.${layer}.ln1`, blockSite(layer, "hook_resid_pre")],
    [`blocks.${layer}.ln2`, blockSite(layer, "hook_resid_mid")],
  ]);
  return [...norms, ["ln_final", blockSite(last, "hook_resid_post")] as const].map(([norm, input]) => {
    const { shape, data } = result.captures.get(input);
    const { data: normalized } = result.captures.get(`${norm}.hook_normalized` as SiteName);
    const [, positions = 0, width = 0] = shape;
    // Of all values of a position: one alone may be next to nothing.
    const scale = Float32Array.from({ length: positions }, (_, at) => {
      const row = data.subarray(at * width, (at + 1) * width);
      return dot(row, row) / dot(row, normalized.subarray(at * width, (at + 1) * width));
    });
    return { name: `${norm}.hook_scale`, dtype: "F32", shape: [1, positions, 1], data: scale };
  });
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

/** Question and BOT, latents, EOT, then the answer as far as it was fed. */
function idsOf({ model, result }: TracedRun): TensorToWrite {
  const { layout, promptIds, answer } = result;
  const { question, bot, latents, answer: fed } = layout.parts;
  const all = [
    ...promptIds.slice(0, question + bot),
    ...new Array<number>(latents).fill(NO_TOKEN),
    ...model.eotIds(result.question),
    ...answer.ids.slice(0, fed),
  ];
  return { name: "tokens", dtype: "I32", shape: [1, all.length], data: Int32Array.from(all) };
}
