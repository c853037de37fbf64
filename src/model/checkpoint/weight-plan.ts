/** Which stored tensors make up each weight of the model; every name and shape is checked before a value is read. */

import { BadInputError } from "../../base/errors.js";
import type { FileConfig } from "../decoder/config.js";
import { familyOf } from "../decoder/families.js";
import type { FamilyName } from "../decoder/family-names.js";
import { embeddingSources } from "./embedding-sources.js";
import type { PlanParts, Stores } from "./plan-parts.js";
import type { WeightPlan } from "./planned-weights.js";
import { quoted } from "./quoted.js";
import type { TensorStore } from "./store.js";
import { type Layout, layoutsInWords, PAUSE_EMBEDDING, projectionShapes, recogniseLayout } from "./weight-map.js";
import { WeightPlanner } from "./weight-planner.js";

/** @throws BadInputError with all that does not fit, at most ten lines of it. */
export function planWeights(parts: PlanParts): WeightPlan {
  const { config, codi, layout, model, adapter } = parts;
  if (adapter !== null && hasPairs(model))
    throw new BadInputError(
      `${model.name} has LoRA pairs already, and ${adapter.store.name} would add others`,
      "give the base model without adapter as --base",
    );
  const projection = projectionStore(parts);
  const pause = pauseStore(parts);
  const vocabRows = config.vocabSize + codi.rowsAdded;
  const prjDim = projection?.tensors.get("prj.1.weight")?.shape[0] ?? null;
  const sources = embeddingSources(parts);
  const isTied = sources.head === null;
  const shapes = familyOf(config.family).weights({ ...config, tiedEmbeddings: isTied }, vocabRows);
  const hasNorm = hasProjectionNorm(projection, codi);
  if (prjDim !== null)
    for (const [name, shape] of projectionShapes(config.dModel, prjDim, hasNorm)) shapes.set(name, shape);
  if (pause !== null) shapes.set(PAUSE_EMBEDDING, [config.dModel]);
  checkIds(config, vocabRows);
  const planner = new WeightPlanner(parts, projection ?? pause ?? model, sources);
  const weights = new Map([...shapes].map(([name, shape]) => [name, planner.weight(name, shape)] as const));
  const others = [parts.projection, adapter?.store ?? null].filter((store) => store !== null);
  const ignored = planner.finish([model, ...others]);
  return {
    family: config.family,
    layout: layout.kind,
    adapter: adapter !== null,
    vocabRows,
    prjDim,
    weights,
    isTied,
    ...ignored,
  };
}

/** Some are trained without it (`prj_no_ln`); `codi.json` may say so, and must not say otherwise. */
function hasProjectionNorm(projection: TensorStore | null, { prjLayerNorm }: PlanParts["codi"]): boolean {
  const found = projection !== null && ["prj.ln.weight", "prj.ln.bias"].some((name) => projection.tensors.has(name));
  if (projection === null || prjLayerNorm === null || prjLayerNorm === found) return found;
  throw new BadInputError(
    `codi.json: prj_layer_norm is ${prjLayerNorm}, but ${projection.name} has ${found ? "" : "no "}prj.ln.weight and prj.ln.bias`,
    found
      ? "take prj_layer_norm out of codi.json: the weights have a LayerNorm"
      : "get the projection's weights again, or set prj_layer_norm to false if it was trained with prj_no_ln",
  );
}

/** The file that holds the projection, or null. */
export function projectionStore(stores: Stores): TensorStore | null {
  return storeOf("prj.1.weight", stores);
}

/** The file that holds the vector of a pause model, or null. */
export function pauseStore(stores: Stores): TensorStore | null {
  return storeOf(PAUSE_EMBEDDING, stores);
}

function storeOf(name: string, { model, projection, adapter }: Stores): TensorStore | null {
  const all = [projection, adapter?.store ?? null, model].filter((store) => store !== null);
  return all.find((store) => store.tensors.has(name)) ?? null;
}

function hasPairs({ tensors }: TensorStore): boolean {
  return [...tensors.keys()].some((name) => /\.lora_[AB]\./.test(name));
}

/** @throws BadInputError where no layout is recognised. */
export function layoutOf(model: TensorStore, family: FamilyName): Layout {
  const layout = recogniseLayout(new Set(model.tensors.keys()), family);
  if (layout === null) throw unrecognised(model, family);
  return layout;
}

function unrecognised(model: TensorStore, family: FamilyName): BadInputError {
  const names = [...model.tensors.keys()];
  const some = names.slice(0, 3).map(quoted).join(", ");
  const adapter = names.some((name) => name.includes("lora_A"));
  return new BadInputError(
    `${model.name}: no layout recognised among its tensors (${some}, …)`,
    adapter && !names.some((name) => name.includes("base_layer"))
      ? "these are an adapter's pairs without a base: name the file adapter_model.safetensors, put adapter_config.json beside it and give the base model's folder with --base"
      : `wanted ${layoutsInWords(family)}; another family's names need the config.json that belongs to them`,
  );
}

function checkIds(config: FileConfig, vocabRows: number): void {
  const beyond = [config.bosTokenId, ...config.eosTokenIds].find((id) => id !== null && id >= vocabRows);
  if (beyond != null)
    throw new BadInputError(
      `config.json: bos_token_id or eos_token_id is ${beyond}, the embedding has rows 0 to ${vocabRows - 1}`,
      "correct config.json: a model whose EOS cannot be said never stops",
    );
}
