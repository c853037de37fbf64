/** Which stored tensors make up each weight of the model; every name and shape is checked before a value is read. */

import type { CodiConfig } from "../codi/config.js";
import { BadInputError } from "../errors.js";
import type { LlamaConfig } from "../llama/config.js";
import { type AdapterConfig, isSaved, isTarget } from "./adapter.js";
import { quoted, quotedShape } from "./quoted.js";
import { isFloat, type StoredTensor, type TensorStore } from "./store.js";
import {
  ADAPTER_LAYOUT,
  adapterLoraNames,
  expectedShapes,
  type Layout,
  projectionShapes,
  recogniseLayout,
  trainerLoraNames,
} from "./weight-map.js";

/** A tensor in one of the opened files. */
export interface TensorRef {
  readonly store: TensorStore;
  readonly name: string;
}

/** One weight of the model. */
export interface PlannedWeight {
  /** Canonical name. */
  readonly name: string;
  /** `[out, in]`, or `[size]`. */
  readonly shape: readonly number[];
  readonly base: TensorRef;
  readonly lora: PlannedLora | null;
}

/** A low-rank pair to add to a weight: `scale · B · A`. */
export interface PlannedLora {
  readonly a: TensorRef;
  readonly b: TensorRef;
  readonly rank: number;
  readonly scale: number;
}

/** What the file says of a tensor. */
export function storedTensor({ store, name }: TensorRef): StoredTensor {
  const tensor = store.tensors.get(name);
  if (tensor === undefined)
    throw new RangeError(`${store.name} has no tensor ${quoted(name)}, although it was planned`);
  return tensor;
}

/** The stored tensors that make up a weight, its base first. */
export function tensorsOf({ base, lora }: Pick<PlannedWeight, "base" | "lora">): TensorRef[] {
  return lora === null ? [base] : [base, lora.a, lora.b];
}

/** All stored tensors of a plan. */
export function tensorsOfPlan({ weights }: WeightPlan): TensorRef[] {
  return [...weights.values()].flatMap(tensorsOf);
}

/** What a checkpoint is, tensor by tensor. */
export interface WeightPlan {
  readonly layout: Layout["kind"];
  /** Was a PEFT adapter put over the base? */
  readonly adapter: boolean;
  readonly vocabRows: number;
  /** Inner width of the projection; null where there is none. */
  readonly prjDim: number | null;
  readonly weights: ReadonlyMap<string, PlannedWeight>;
  /** A head that is stored although the configuration ties it; it must equal the embedding. */
  readonly tiedHead: TensorRef | null;
  /** Stored tensors that hold no weight. */
  readonly ignored: readonly string[];
}

/** What a plan is made from. */
export interface PlanParts {
  readonly config: LlamaConfig;
  readonly codi: CodiConfig;
  readonly model: TensorStore;
  /** `prj.*` in a file of its own. */
  readonly projection: TensorStore | null;
  readonly adapter: { readonly store: TensorStore; readonly config: AdapterConfig } | null;
}

// Buffers that older trainers stored; they hold no weight.
const IGNORED = /\.(?:rotary_emb\.inv_freq|masked_bias|attn\.bias|position_ids)$/;

/** @throws BadInputError with all that does not fit, at most ten lines of it. */
export function planWeights(parts: PlanParts): WeightPlan {
  const { config, codi, model, adapter } = parts;
  const layout = recogniseLayout(new Set(model.tensors.keys()));
  if (layout === null) throw unrecognised(model);
  if (adapter !== null && layout.kind === "codi-lora")
    throw new BadInputError(
      `${model.name} has LoRA pairs already, and ${adapter.store.name} would add others`,
      "give the base model without adapter as --base",
    );
  const others = [parts.projection, adapter?.store ?? null].filter((store) => store !== null);
  const projection = [...others, model].find((store) => store.tensors.has("prj.1.weight")) ?? null;
  const embedReplaced = adapter?.store.tensors.has(ADAPTER_LAYOUT("embed_tokens.weight")) === true;
  const vocabRows = config.vocabSize + (layout.kind === "llama" && !embedReplaced ? 0 : codi.rowsAdded);
  const prjDim = projection?.tensors.get("prj.1.weight")?.shape[0] ?? null;
  const shapes = expectedShapes(config, vocabRows);
  if (prjDim !== null) for (const [name, shape] of projectionShapes(config.dModel, prjDim)) shapes.set(name, shape);
  checkIds(config, vocabRows);
  const planner = new Planner(parts, layout, projection ?? model);
  const weights = new Map([...shapes].map(([name, shape]) => [name, planner.weight(name, shape)] as const));
  const tiedHead = config.tiedEmbeddings ? planner.tiedHead(embedReplaced) : null;
  const ignored = planner.finish([model, ...others]);
  return { layout: layout.kind, adapter: adapter !== null, vocabRows, prjDim, weights, tiedHead, ignored };
}

function unrecognised(model: TensorStore): BadInputError {
  const some = [...model.tensors.keys()].slice(0, 3).map(quoted).join(", ");
  const adapter = [...model.tensors.keys()].some((name) => name.includes("lora_A"));
  return new BadInputError(
    `${model.name}: no layout recognised among its tensors (${some}, …)`,
    adapter
      ? "this is an adapter without its base: give the base model's folder too (--base DIR)"
      : "wanted model.embed_tokens.weight, codi.model.… or codi.base_model.model.model.…",
  );
}

function checkIds(config: LlamaConfig, vocabRows: number): void {
  const beyond = [config.bosTokenId, ...config.eosTokenIds].find((id) => id >= vocabRows);
  if (beyond !== undefined)
    throw new BadInputError(
      `config.json: bos_token_id or eos_token_id is ${beyond}, the embedding has rows 0 to ${vocabRows - 1}`,
      "correct config.json: a model whose EOS cannot be said never stops",
    );
}

class Planner {
  readonly #problems: string[] = [];
  readonly #used = new Map<TensorStore, Set<string>>();

  constructor(
    readonly parts: PlanParts,
    readonly layout: Layout,
    readonly projection: TensorStore,
  ) {}

  weight(name: string, shape: readonly number[]): PlannedWeight {
    const { model, adapter } = this.parts;
    if (name.startsWith("prj.")) return { name, shape, base: this.#look(this.projection, name, shape), lora: null };
    const fileName = this.layout.fileName(name);
    const pair = trainerLoraNames(fileName);
    if ([pair.base, pair.a, pair.b].some((each) => model.tensors.has(each))) {
      const base = this.#look(model, pair.base, shape);
      return { name, shape, base, lora: this.#lora(model, pair, shape, (rank) => this.parts.codi.loraAlpha / rank) };
    }
    if (adapter === null) return { name, shape, base: this.#look(model, fileName, shape), lora: null };
    const replaced = ADAPTER_LAYOUT(name);
    if (adapter.store.tensors.has(replaced)) {
      this.#use(model, fileName);
      return { name, shape, base: this.#look(adapter.store, replaced, shape), lora: null };
    }
    this.#noteUnsaved(name);
    const base = this.#look(model, fileName, shape);
    return { name, shape, base, lora: this.#adapterLora(name, shape) };
  }

  /** A weight that the adapter should hold but does not: the base's own would give other numbers. */
  #noteUnsaved(name: string): void {
    if (this.parts.adapter !== null && isSaved(this.parts.adapter.config, name))
      this.#problems.push(
        `${quoted(ADAPTER_LAYOUT(name))} is missing, adapter_config.json lists it in modules_to_save`,
      );
  }

  #adapterLora(name: string, shape: readonly number[]): PlannedLora | null {
    const { adapter } = this.parts;
    if (adapter === null) return null;
    const pair = adapterLoraNames(ADAPTER_LAYOUT(name));
    const wanted = isTarget(adapter.config, name);
    const has = adapter.store.tensors.has(pair.a) || adapter.store.tensors.has(pair.b);
    if (!wanted && has)
      this.#problems.push(`${quoted(pair.a)} is there, but adapter_config.json gives ${name} no pair`);
    if (!wanted) return null;
    const found = adapter.store.tensors.get(pair.a)?.shape[0];
    if (found !== undefined && found !== adapter.config.rank)
      this.#problems.push(`${quoted(pair.a)} has rank ${found}, adapter_config.json says ${adapter.config.rank}`);
    return this.#lora(adapter.store, pair, shape, () => adapter.config.scale);
  }

  #lora(
    store: TensorStore,
    { a, b }: { readonly a: string; readonly b: string },
    shape: readonly number[],
    scale: (rank: number) => number,
  ): PlannedLora {
    const rank = store.tensors.get(a)?.shape[0] ?? null;
    if (rank === 0) this.#problems.push(`${quoted(a)} has rank 0, wanted at least 1`);
    return {
      a: this.#look(store, a, [null, shape[1] ?? 0]),
      b: this.#look(store, b, [shape[0] ?? 0, rank]),
      rank: rank ?? 1,
      scale: scale(rank ?? 1),
    };
  }

  tiedHead(embedReplaced: boolean): TensorRef | null {
    const { model, adapter } = this.parts;
    const own = adapter === null ? null : ADAPTER_LAYOUT("lm_head.weight");
    if (adapter !== null && own !== null && adapter.store.tensors.has(own)) {
      this.#use(adapter.store, own);
      return { store: adapter.store, name: own };
    }
    this.#noteUnsaved("lm_head.weight");
    const name = this.layout.fileName("lm_head.weight");
    if (!model.tensors.has(name)) return null;
    this.#use(model, name);
    // The base's head was tied to the embedding that the adapter replaced.
    return embedReplaced ? null : { store: model, name };
  }

  /** @returns names of stored tensors that hold no weight. @throws BadInputError with all problems found. */
  finish(stores: readonly TensorStore[]): string[] {
    const ignored: string[] = [];
    for (const store of stores)
      for (const name of store.tensors.keys()) {
        if (this.#used.get(store)?.has(name) === true) continue;
        if (IGNORED.test(name)) ignored.push(name);
        else this.#problems.push(`${quoted(name)} is not part of the model`);
      }
    const problems = this.#problems;
    if (problems.length === 0) return ignored;
    const shown = problems.slice(0, 10).join("; ");
    const more = problems.length > 10 ? `; and ${problems.length - 10} more` : "";
    throw new BadInputError(
      `${this.parts.model.name} does not fit config.json: ${shown}${more}`,
      "use the config.json that belongs to these weights",
    );
  }

  #use(store: TensorStore, name: string): void {
    const used = this.#used.get(store) ?? new Set<string>();
    this.#used.set(store, used.add(name));
  }

  #look(store: TensorStore, name: string, wanted: readonly (number | null)[]): TensorRef {
    this.#use(store, name);
    const tensor = store.tensors.get(name);
    if (tensor === undefined) this.#problems.push(`${quoted(name)} is missing`);
    else if (!sameShape(tensor.shape, wanted))
      this.#problems.push(
        `${quoted(name)} is ${quotedShape(tensor.shape)}, wanted ${quotedShape(wanted.map((n) => n ?? "r"))}`,
      );
    else if (!isFloat(tensor.dtype)) this.#problems.push(`${quoted(name)} is ${tensor.dtype}, wanted F32, F16 or BF16`);
    return { store, name };
  }
}

function sameShape(found: readonly number[], wanted: readonly (number | null)[]): boolean {
  return found.length === wanted.length && wanted.every((n, i) => n === null || n === found[i]);
}

/** One weight of a plan. @throws BadInputError for a name that it lacks. */
export function planned(plan: WeightPlan, name: string): PlannedWeight {
  const weight = plan.weights.get(name);
  if (weight === undefined)
    throw new BadInputError(`This checkpoint has no weight "${name}"`, "see weight-map.ts for the names");
  return weight;
}
