/** Where embedding and head come from, which a base may tie to each other and an adapter may change one by one: as PEFT's reload has them. */

import type { FamilyName } from "../decoder/family-names.js";
import type { PairSettings } from "./adapter-modules.js";
import type { PlanParts } from "./plan-parts.js";
import type { TensorRef } from "./planned-weights.js";
import type { TensorStore } from "./store.js";
import { adapterLayout, embeddingOf, HEAD, moduleOf } from "./weight-map.js";

/** One of the two. */
export interface EmbeddingSource {
  readonly base: TensorRef;
  /** The adapter's pair; its names end as PEFT has them for the kind of module. */
  readonly pair: (PairSettings & { readonly a: TensorRef; readonly b: TensorRef; readonly transposed: boolean }) | null;
  /** Stored tensors that must hold what the base holds. */
  readonly copies: readonly TensorRef[];
}

/** Both of them. */
export interface EmbeddingSources {
  readonly embed: EmbeddingSource;
  /** Null where the head is the embedding itself. */
  readonly head: EmbeddingSource | null;
  /** Stored tensors that others take the place of. */
  readonly superseded: readonly TensorRef[];
}

/** What is missing or of another shape is found when the weights are planned. */
export function embeddingSources(parts: Omit<PlanParts, "codi">): EmbeddingSources {
  const { model, adapter, layout, config } = parts;
  const { family, tiedEmbeddings: tied } = config;
  const own = (name: string): TensorRef => ({ store: model, name: layout.fileName(name) });
  const embed = own(embeddingOf(family));
  const third = layout.embeddingAgain === null ? [] : [{ store: model, name: layout.embeddingAgain }];
  const held = [embed, own(HEAD), ...third].filter(isThere);
  if (adapter !== null) return new AdaptedEmbedding(adapter, { family, tied, held, own }).sources();
  // A file of tied weights may hold the matrix under any one of its names.
  const [base = embed, ...copies] = tied ? held : [embed, ...third].filter(isThere);
  return { embed: { base, pair: null, copies }, head: tied ? null : only(own(HEAD)), superseded: [] };
}

function only(base: TensorRef): EmbeddingSource {
  return { base, pair: null, copies: [] };
}

function isThere({ store, name }: TensorRef): boolean {
  return store.tensors.has(name);
}

/** What an adapter lies over. */
interface AdaptedBase {
  readonly family: FamilyName;
  readonly tied: boolean;
  /** Of embedding and head, what the base's file holds. */
  readonly held: readonly TensorRef[];
  readonly own: (name: string) => TensorRef;
}

/** Embedding and head under an adapter. */
class AdaptedEmbedding {
  readonly #store: TensorStore;
  readonly #family: FamilyName;
  readonly #embedding: string;
  readonly tied: boolean;
  /** Of embedding and head, what the base's file holds. */
  readonly held: readonly TensorRef[];
  readonly own: (name: string) => TensorRef;

  constructor(
    readonly adapter: NonNullable<PlanParts["adapter"]>,
    { family, tied, held, own }: AdaptedBase,
  ) {
    this.#family = family;
    this.#embedding = embeddingOf(family);
    this.tied = tied;
    this.held = held;
    this.own = own;
    this.#store = adapter.store;
  }

  sources(): EmbeddingSources {
    const { tied, held, own } = this;
    const { config } = this.adapter;
    const saved = { embed: config.isSaved(this.#module(this.#embedding)), head: config.isSaved(this.#module(HEAD)) };
    const [stored, storedHead] = [this.#stored(this.#embedding, saved.embed), this.#stored(HEAD, saved.head)];
    // One parameter in the base: whatever of the two the adapter holds takes its place.
    const shared = [...stored, ...storedHead];
    const both = shared.length > 0 ? shared : held.length > 0 ? held : [own(this.#embedding)];
    const baseOf = (name: string, mine: readonly TensorRef[]): EmbeddingSource => {
      const [base = own(name), ...copies] = tied ? both : mine;
      return { base, pair: null, copies };
    };
    const embedBase = baseOf(this.#embedding, stored);
    const embed = this.#changed(this.#embedding, saved.embed || (tied && config.tiesHead), embedBase);
    const superseded = [...held, ...this.#unread()];
    if (tied && config.tiesHead) {
      const copy = this.#ref(this.#inAdapter(HEAD));
      return {
        embed: { ...embed, copies: isThere(copy) ? [copy] : [] },
        head: null,
        superseded: [...superseded, ...shared],
      };
    }
    const head = this.#changed(HEAD, saved.head, baseOf(HEAD, storedHead));
    const isSame =
      tied &&
      embed.base === embedBase.base &&
      embed.pair === null &&
      head.base === embedBase.base &&
      head.pair === null;
    return { embed, head: isSame ? null : head, superseded: [...superseded, ...shared] };
  }

  /** The base's own matrix as the adapter's file may hold it. */
  #stored(name: string, saved: boolean): TensorRef[] {
    const stem = this.#inAdapter(name).replace(/\.weight$/, "");
    const names = [`${stem}.base_layer.weight`, `${stem}.original_module.weight`, ...(saved ? [] : [`${stem}.weight`])];
    return names.map((each) => this.#ref(each)).filter(isThere);
  }

  #changed(name: string, saved: boolean, base: EmbeddingSource): EmbeddingSource {
    if (saved) return only(this.#ref(this.#inAdapter(name)));
    const stem = this.#inAdapter(name).replace(/\.weight$/, "");
    const isEmbed = name === this.#embedding;
    const settings = this.adapter.config.pairOf(this.#module(name));
    if (settings === null) return base;
    const [a, b] = isEmbed ? ["lora_embedding_A", "lora_embedding_B"] : ["lora_A.weight", "lora_B.weight"];
    const pair = { ...settings, a: this.#ref(`${stem}.${a}`), b: this.#ref(`${stem}.${b}`), transposed: isEmbed };
    return { ...base, pair };
  }

  /** PEFT writes what it saved a second time where rows were added, and reads the first alone. */
  #unread(): TensorRef[] {
    return [this.#embedding, HEAD]
      .map((name) => this.#ref(this.#inAdapter(name).replace(/\.weight$/, ".modules_to_save.weight")))
      .filter(isThere);
  }

  #inAdapter(name: string): string {
    return adapterLayout(this.#family)(name);
  }

  #module(name: string): string {
    return moduleOf(name, this.#family);
  }

  #ref(name: string): TensorRef {
    return { store: this.#store, name };
  }
}
