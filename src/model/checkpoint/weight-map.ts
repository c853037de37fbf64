/** How the names of a model are written in a file: what its trainer's class put in front of the family's own. And the shapes of what belongs to no family. */

import { familyOf } from "../decoder/families.js";
import type { FamilyName } from "../decoder/family-names.js";

/** How names are written in a file. */
export interface Layout {
  /** `plain`: as Hugging Face writes a language model; the others by the class that holds it. */
  readonly kind: "plain" | "codi" | "codi-lora" | "coconut";
  /** Name in the file of a weight by its canonical name: `layers.0.mlp.up_proj.weight`, `h.0.ln_1.bias`, `prj.1.weight`. */
  readonly fileName: (name: string) => string;
  /** Another name under which such a file holds the embedding once more; null for none. */
  readonly embeddingAgain: string | null;
  /** Has the class its latents' ids from the tokenizer? CODI's own goes by the rows that it adds, whatever tokens there are. */
  readonly asksTokenizer: boolean;
}

const WRAPPERS = [
  { kind: "plain", before: "" },
  { kind: "codi", before: "codi." },
  { kind: "codi-lora", before: "codi.base_model.model." },
  { kind: "coconut", before: "base_causallm." },
  { kind: "coconut", before: "base_causallm.base_model.model." },
] as const;

/** The inner model saved without its head, as the hub has GPT-2. */
const INNER_ALONE = { kind: "plain", before: "", body: "" } as const;

/** The head, which stands beside the inner model in every family. */
export const HEAD = "lm_head.weight";
/** The vector that a pause model has in the place of every latent's input. */
export const PAUSE_EMBEDDING = "pause_embedding";
/** Coconut's class holds the embedding a third time, under this name. */
const COCONUT_EMBEDDING = "embedding.weight";

/** Canonical name of the embedding of tokens. */
export function embeddingOf(family: FamilyName): string {
  return familyOf(family).names.embedding;
}

/** Recognises the layout from the tensor names, or null. */
export function recogniseLayout(names: ReadonlySet<string>, family: FamilyName): Layout | null {
  const { body: usual, embedding, always } = familyOf(family).names;
  const found = [...WRAPPERS.map((each) => ({ ...each, body: usual })), INNER_ALONE].find(({ before, body }) =>
    [embedding, always].some((name) => names.has(before + body + name)),
  );
  if (found === undefined) return null;
  const { kind } = found;
  return {
    kind,
    fileName: (name) => written(name, found),
    embeddingAgain: kind === "coconut" ? COCONUT_EMBEDDING : null,
    asksTokenizer: kind === "coconut" || kind === "plain",
  };
}

/** `transformer.wte.weight, codi.transformer.… or base_causallm.transformer.…`: what was looked for. */
export function layoutsInWords(family: FamilyName): string {
  const { body, embedding } = familyOf(family).names;
  return `${body}${embedding}, codi.${body}…, codi.base_model.model.${body}… or base_causallm.${body}…`;
}

/** A weight's name in a folder that transformers loads. */
export function hubName(name: string, family: FamilyName): string {
  return written(name, { before: "", body: familyOf(family).names.body });
}

/** Where PEFT puts the weights of the model that an adapter belongs to. */
export function adapterLayout(family: FamilyName): (name: string) => string {
  const { body } = familyOf(family).names;
  return (name) => written(name, { before: "base_model.model.", body });
}

/** The module that a canonical weight belongs to, as PEFT names it: `model.layers.3.mlp.up_proj`, `transformer.h.0.attn.c_attn`, `lm_head`. */
export function moduleOf(name: string, family: FamilyName): string {
  return hubName(name, family).replace(/\.(?:weight|bias)$/, "");
}

/** Is it what makes the inputs of latents: the projection, or the pause vector? They stand beside the language model, under their own names. */
export function isOfLatents(name: string): boolean {
  return name.startsWith("prj.") || name === PAUSE_EMBEDDING;
}

function written(name: string, { before, body }: { readonly before: string; readonly body: string }): string {
  if (isOfLatents(name)) return name;
  return name === HEAD ? before + name : before + body + name;
}

/** File names of a weight, or a bias, whose module has a LoRA pair beside it, as the trainer writes them. */
export function trainerLoraNames(fileName: string): { base: string; a: string; b: string } {
  const [, stem = fileName, end = ""] = /^(.*)(\.(?:weight|bias))$/.exec(fileName) ?? [];
  return { base: `${stem}.base_layer${end}`, a: `${stem}.lora_A.default.weight`, b: `${stem}.lora_B.default.weight` };
}

/** File names of a weight's LoRA pair in an adapter's file. */
export function adapterLoraNames(fileName: string): { a: string; b: string } {
  const stem = fileName.replace(/\.weight$/, "");
  return { a: `${stem}.lora_A.weight`, b: `${stem}.lora_B.weight` };
}

/** Shapes of the projection. @param prjDim its inner width. @param hasNorm does a LayerNorm end it? */
export function projectionShapes(dModel: number, prjDim: number, hasNorm: boolean): Map<string, readonly number[]> {
  return new Map<string, readonly number[]>([
    ["prj.1.weight", [prjDim, dModel]],
    ["prj.1.bias", [prjDim]],
    ["prj.3.weight", [dModel, prjDim]],
    ["prj.3.bias", [dModel]],
    ...(hasNorm
      ? ([
          ["prj.ln.weight", [dModel]],
          ["prj.ln.bias", [dModel]],
        ] as const)
      : []),
  ]);
}
