/** Looks up the stored tensors of each weight, and gathers all that does not fit. */

import { familyOf } from "../decoder/families.js";
import type { EmbeddingSource, EmbeddingSources } from "./embedding-sources.js";
import { type Extra, extraOf } from "./extra-tensors.js";
import type { PlanParts } from "./plan-parts.js";
import { type PlanProblem, planError } from "./plan-problems.js";
import type { PlannedLora, PlannedWeight, TensorRef } from "./planned-weights.js";
import { quoted, quotedShape } from "./quoted.js";
import { isFloat, type TensorStore } from "./store.js";
import {
  adapterLayout,
  adapterLoraNames,
  embeddingOf,
  HEAD,
  isOfLatents,
  moduleOf,
  trainerLoraNames,
} from "./weight-map.js";

/** A pair by the names of its tensors. */
interface PairRefs {
  readonly a: TensorRef;
  readonly b: TensorRef;
  readonly transposed: boolean;
}

/** One plan in the making. */
export class WeightPlanner {
  readonly #problems: PlanProblem[] = [];
  readonly #used = new Map<TensorStore, Set<string>>();

  constructor(
    readonly parts: PlanParts,
    /** The file that holds the projection, or the pause vector. */
    readonly projection: TensorStore,
    readonly sources: EmbeddingSources,
  ) {
    for (const ref of sources.superseded) this.#use(ref);
  }

  /** @param name canonical. @param shape as the configuration has it. */
  weight(name: string, shape: readonly number[]): PlannedWeight {
    const { model, adapter, layout, config } = this.parts;
    if (isOfLatents(name)) return this.#plain(name, shape, { store: this.projection, name });
    if (name === embeddingOf(config.family)) return this.#embedding(name, shape, this.sources.embed);
    if (name === HEAD && this.sources.head !== null) return this.#embedding(name, shape, this.sources.head);
    const own = { store: model, name: layout.fileName(name) };
    const pair = trainerLoraNames(own.name);
    if ([pair.base, pair.a, pair.b].some((each) => model.tensors.has(each))) {
      const base = this.#look({ store: model, name: pair.base }, shape);
      if (isBias(name)) return { name, shape, base, copies: [], lora: null };
      const [a, b] = [pair.a, pair.b].map((each) => ({ store: model, name: each })) as [TensorRef, TensorRef];
      const refs = { a, b, transposed: this.#isTurned(name) };
      return { name, shape, base, copies: [], lora: this.#lora(refs, shape, (r) => this.parts.codi.loraAlpha / r) };
    }
    if (adapter === null) return this.#plain(name, shape, own);
    const replaced = { store: adapter.store, name: adapterLayout(config.family)(name) };
    if (adapter.store.tensors.has(replaced.name) || adapter.config.isSaved(moduleOf(name, config.family))) {
      this.#use(own);
      return this.#plain(name, shape, replaced);
    }
    const base = this.#look(own, shape);
    return { name, shape, base, copies: [], lora: isBias(name) ? null : this.#adapterLora(adapter, name, shape) };
  }

  /** PEFT adds the transpose where a matrix is stored `[in, out]`; a square one would take the pair as it is too. */
  #isTurned(name: string): boolean {
    return familyOf(this.parts.config.family).names.isStoredInOut(name);
  }

  /** @returns names of stored tensors that hold no weight. @throws BadInputError with all problems found. */
  finish(stores: readonly TensorStore[]): Extra {
    const extra: { ignored: string[]; auxiliary: string[] } = { ignored: [], auxiliary: [] };
    for (const store of stores)
      for (const name of store.tensors.keys()) {
        if (this.#used.get(store)?.has(name) === true) continue;
        const kind = extraOf(name, this.parts.layout.kind);
        if (kind !== null) extra[kind].push(name);
        else if (store === this.parts.adapter?.store && /\.lora_(?:embedding_)?[AB]\b/.test(name))
          this.#problems.push({
            cause: "pair",
            text: `${quoted(name)} is there, but adapter_config.json gives it no place`,
          });
        else if (store === this.parts.adapter?.store && isBias(name))
          this.#problems.push({ cause: "bias", text: `${quoted(name)} is a bias that the adapter changes` });
        else this.#problems.push({ cause: "extra", text: `${quoted(name)} is not part of the model` });
      }
    if (this.#problems.length > 0) throw planError(this.parts, this.#problems);
    return extra;
  }

  #plain(name: string, shape: readonly number[], ref: TensorRef): PlannedWeight {
    return { name, shape, base: this.#look(ref, shape), lora: null, copies: [] };
  }

  #embedding(name: string, shape: readonly number[], source: EmbeddingSource): PlannedWeight {
    const { base, pair, copies } = source;
    this.#checkHeadRows(name, shape, base);
    return {
      name,
      shape,
      base: this.#look(base, shape),
      copies: copies.map((copy) => this.#look(copy, shape)),
      lora: pair === null ? null : this.#checkedLora(pair, pair, shape),
    };
  }

  /** The adapter brought an embedding with added rows, and a head that has them stands nowhere. */
  #checkHeadRows(name: string, [rows]: readonly number[], base: TensorRef): void {
    const { adapter, model } = this.parts;
    const found = base.store.tensors.get(base.name)?.shape[0];
    if (name !== "lm_head.weight" || adapter === null || base.store !== model || found === rows) return;
    if (this.sources.embed.base.store === adapter.store && found !== undefined)
      this.#problems.push({
        cause: "head",
        text: `the adapter holds an embedding of ${rows} rows but no head, and the base's has ${found}`,
      });
  }

  #adapterLora(
    { store, config }: NonNullable<PlanParts["adapter"]>,
    name: string,
    shape: readonly number[],
  ): PlannedLora | null {
    const { family } = this.parts.config;
    const names = adapterLoraNames(adapterLayout(family)(name));
    const module = moduleOf(name, family);
    const settings = config.pairOf(module, familyOf(family).names.isLinear(module));
    if (settings === null) {
      const there = [names.a, names.b].find((each) => store.tensors.has(each));
      if (there !== undefined)
        this.#problems.push({
          cause: "pair",
          text: `${quoted(there)} is there, but adapter_config.json gives ${name} no pair`,
        });
      for (const each of [names.a, names.b]) this.#use({ store, name: each });
      return null;
    }
    return this.#checkedLora(
      { a: { store, name: names.a }, b: { store, name: names.b }, transposed: this.#isTurned(name) },
      settings,
      shape,
    );
  }

  #checkedLora(
    refs: PairRefs,
    settings: { readonly rank: number; readonly scale: number },
    shape: readonly number[],
  ): PlannedLora {
    const found = refs.a.store.tensors.get(refs.a.name)?.shape[0];
    if (found !== undefined && found !== settings.rank)
      this.#problems.push({
        cause: "rank",
        text: `${quoted(refs.a.name)} has rank ${found}, adapter_config.json says ${settings.rank}`,
      });
    return this.#lora(refs, shape, () => settings.scale);
  }

  #lora({ a, b, transposed }: PairRefs, shape: readonly number[], scale: (rank: number) => number): PlannedLora {
    const rank = a.store.tensors.get(a.name)?.shape[0] ?? null;
    if (rank === 0) this.#problems.push({ cause: "rank", text: `${quoted(a.name)} has rank 0, wanted at least 1` });
    const [rows = 0, width = 0] = transposed ? [...shape].reverse() : shape;
    return {
      a: this.#look(a, [null, width]),
      b: this.#look(b, [rows, rank]),
      rank: rank ?? 1,
      scale: scale(rank ?? 1),
      transposed,
    };
  }

  #use({ store, name }: TensorRef): void {
    const used = this.#used.get(store) ?? new Set<string>();
    this.#used.set(store, used.add(name));
  }

  #look(ref: TensorRef, wanted: readonly (number | null)[]): TensorRef {
    this.#use(ref);
    const { store, name } = ref;
    const tensor = store.tensors.get(name);
    const isAdapters = store === this.parts.adapter?.store;
    if (tensor === undefined)
      this.#problems.push(
        isAdapters && !/lora_/.test(name)
          ? { cause: "saved", text: `${quoted(name)} is missing, adapter_config.json lists it in modules_to_save` }
          : { cause: isAdapters ? "pair" : "missing", text: `${quoted(name)} is missing` },
      );
    else if (!sameShape(tensor.shape, wanted))
      this.#problems.push({
        cause: "shape",
        text: `${quoted(name)} is ${quotedShape(tensor.shape)}, wanted ${quotedShape(wanted.map((n) => n ?? "r"))}`,
      });
    else if (!isFloat(tensor.dtype))
      this.#problems.push({ cause: "type", text: `${quoted(name)} is ${tensor.dtype}, wanted F32, F16 or BF16` });
    return ref;
  }
}

/** A bias goes with its matrix, whose pair changes the matrix alone. */
function isBias(name: string): boolean {
  return name.endsWith(".bias");
}

function sameShape(found: readonly number[], wanted: readonly (number | null)[]): boolean {
  return found.length === wanted.length && wanted.every((n, i) => n === null || n === found[i]);
}
