/** Under which names a checkpoint holds its tensors, and the shapes of those that belong to no family. */

/** How names are written in a file. */
export interface Layout {
  readonly kind: "llama" | "codi" | "codi-lora";
  /** Name in the file of a weight by its canonical name: `embed_tokens.weight`, `layers.0.mlp.up_proj.weight`, `prj.1.weight`. */
  readonly fileName: (name: string) => string;
}

const PREFIXES = [
  { kind: "llama", body: "model.", head: "" },
  { kind: "codi", body: "codi.model.", head: "codi." },
  { kind: "codi-lora", body: "codi.base_model.model.model.", head: "codi.base_model.model." },
] as const;

/** Where PEFT puts the weights of the model that an adapter belongs to. */
export const ADAPTER_LAYOUT = (name: string): string => plain("base_model.model.model.", "base_model.model.", name);

/** Recognises the layout from the tensor names, or null. */
export function recogniseLayout(names: ReadonlySet<string>): Layout | null {
  const found = PREFIXES.find(({ body }) => names.has(`${body}embed_tokens.weight`) || names.has(`${body}norm.weight`));
  if (found === undefined) return null;
  return { kind: found.kind, fileName: (name) => plain(found.body, found.head, name) };
}

/** The module that a canonical weight belongs to, as PEFT names it: `model.layers.3.mlp.up_proj`, `lm_head`. */
export function moduleOf(name: string): string {
  return plain("model.", "", name).replace(/\.weight$/, "");
}

function plain(body: string, head: string, name: string): string {
  if (name.startsWith("prj.")) return name;
  return name === "lm_head.weight" ? head + name : body + name;
}

/** File names of a weight whose LoRA pair stands beside it, as the trainer writes them. */
export function trainerLoraNames(fileName: string): { base: string; a: string; b: string } {
  const stem = fileName.replace(/\.weight$/, "");
  return { base: `${stem}.base_layer.weight`, a: `${stem}.lora_A.default.weight`, b: `${stem}.lora_B.default.weight` };
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
