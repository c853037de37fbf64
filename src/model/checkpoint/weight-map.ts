/** Which tensors a checkpoint must hold, under which names, in which shapes. */

import type { LlamaConfig } from "../llama/config.js";

/** A weight by the name it has in every layout. */
export type CanonicalName =
  | "embed_tokens.weight"
  | "norm.weight"
  | "lm_head.weight"
  | `layers.${number}.${string}.weight`
  | `prj.${string}`;

/** How names are written in a file. */
export interface Layout {
  readonly kind: "llama" | "codi" | "codi-lora";
  /** File name of a canonical weight (the base layer where LoRA is beside it). */
  readonly fileName: (name: string) => string;
}

const LORA_MODULES = [
  "self_attn.q_proj",
  "self_attn.k_proj",
  "self_attn.v_proj",
  "self_attn.o_proj",
  "mlp.gate_proj",
  "mlp.up_proj",
  "mlp.down_proj",
];

/** Recognises the layout from the tensor names, or null. */
export function recogniseLayout(names: ReadonlySet<string>): Layout | null {
  if (names.has("model.embed_tokens.weight"))
    return { kind: "llama", fileName: (name) => (name === "lm_head.weight" ? name : `model.${name}`) };
  const plain =
    (prefix: string, head: string) =>
    (name: string): string =>
      name.startsWith("prj.") ? name : name === "lm_head.weight" ? head : prefix + name;
  if (names.has("codi.model.embed_tokens.weight"))
    return { kind: "codi", fileName: plain("codi.model.", "codi.lm_head.weight") };
  const lora = "codi.base_model.model.model.";
  if (names.has(`${lora}embed_tokens.weight`)) {
    const file = plain(lora, "codi.base_model.model.lm_head.weight");
    return {
      kind: "codi-lora",
      fileName: (name) => (isLoraTarget(name) ? file(name).replace(/\.weight$/, ".base_layer.weight") : file(name)),
    };
  }
  return null;
}

/** Has the weight a LoRA pair beside it in the trainer's layout? */
export function isLoraTarget(name: string): boolean {
  return LORA_MODULES.some((module) => name.endsWith(`.${module}.weight`));
}

/** File names of a weight's LoRA pair. */
export function loraNames(layout: Layout, name: string): { a: string; b: string } {
  const stem = layout.fileName(name).replace(/\.base_layer\.weight$/, "");
  return { a: `${stem}.lora_A.default.weight`, b: `${stem}.lora_B.default.weight` };
}

/** Canonical name → shape `[out, in]` of every weight of the language model. */
export function expectedShapes(config: LlamaConfig, vocabRows: number): Map<string, readonly number[]> {
  const { dModel, dMlp, heads, kvHeads, dHead, layers } = config;
  const shapes = new Map<string, readonly number[]>([["embed_tokens.weight", [vocabRows, dModel]]]);
  for (let layer = 0; layer < layers; layer++) {
    const put = (name: string, shape: readonly number[]): unknown =>
      shapes.set(`layers.${layer}.${name}.weight`, shape);
    put("input_layernorm", [dModel]);
    put("self_attn.q_proj", [heads * dHead, dModel]);
    put("self_attn.k_proj", [kvHeads * dHead, dModel]);
    put("self_attn.v_proj", [kvHeads * dHead, dModel]);
    put("self_attn.o_proj", [dModel, heads * dHead]);
    put("post_attention_layernorm", [dModel]);
    put("mlp.gate_proj", [dMlp, dModel]);
    put("mlp.up_proj", [dMlp, dModel]);
    put("mlp.down_proj", [dModel, dMlp]);
  }
  shapes.set("norm.weight", [dModel]);
  if (!config.tiedEmbeddings) shapes.set("lm_head.weight", [vocabRows, dModel]);
  return shapes;
}

/** Shapes of the projection. @param prjDim its inner width. */
export function projectionShapes(dModel: number, prjDim: number): Map<string, readonly number[]> {
  return new Map<string, readonly number[]>([
    ["prj.1.weight", [prjDim, dModel]],
    ["prj.1.bias", [prjDim]],
    ["prj.3.weight", [dModel, prjDim]],
    ["prj.3.bias", [dModel]],
    ["prj.ln.weight", [dModel]],
    ["prj.ln.bias", [dModel]],
  ]);
}
