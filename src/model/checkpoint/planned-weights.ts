/** What a checkpoint is, tensor by tensor: which stored tensors make up each weight of the model. */

import { BadInputError } from "../../base/errors.js";
import type { FamilyName } from "../decoder/family-names.js";
import { quoted } from "./quoted.js";
import { elements, type StoredTensor, type TensorStore } from "./store.js";
import type { Layout } from "./weight-map.js";

/** A tensor in one of the opened files. */
export interface TensorRef {
  readonly store: TensorStore;
  readonly name: string;
}

/** One weight of the model. */
export interface PlannedWeight {
  /** Canonical name. */
  readonly name: string;
  /** As it is stored: `[out, in]`, `[in, out]` where the family has it so, or `[size]`. */
  readonly shape: readonly number[];
  readonly base: TensorRef;
  readonly lora: PlannedLora | null;
  /** Other stored tensors that must hold the same as the base, such as a tied head that was saved too. */
  readonly copies: readonly TensorRef[];
}

/** A low-rank pair to add to a weight: `scale · B · A`. */
export interface PlannedLora {
  readonly a: TensorRef;
  readonly b: TensorRef;
  readonly rank: number;
  readonly scale: number;
  /** A pair of an embedding, or of a matrix that is stored `[in, out]`: the sum is `scale · (B · A)ᵀ`. */
  readonly transposed: boolean;
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
  readonly family: FamilyName;
  readonly layout: Layout["kind"];
  /** Was a PEFT adapter put over the base? */
  readonly adapter: boolean;
  readonly vocabRows: number;
  /** Inner width of the projection; null where there is none. */
  readonly prjDim: number | null;
  readonly weights: ReadonlyMap<string, PlannedWeight>;
  /** Is the head the embedding itself? Not where an adapter changed one of the two alone. */
  readonly isTied: boolean;
  /** Stored buffers that hold no weight. */
  readonly ignored: readonly string[];
  /** Stored weights of a trainer's auxiliary parts, which inference does not use. */
  readonly auxiliary: readonly string[];
}

/** Bytes of all weights in float32, as the engine holds them. */
export function float32Bytes({ weights }: Pick<WeightPlan, "weights">): number {
  return [...weights.values()].reduce((sum, { shape }) => sum + 4 * elements(shape), 0);
}

/** One weight of a plan. @throws BadInputError for a name that it lacks. */
export function planned(plan: WeightPlan, name: string): PlannedWeight {
  const weight = plan.weights.get(name);
  if (weight === undefined)
    throw new BadInputError(`This checkpoint has no weight "${name}"`, "see weight-map.ts for the names");
  return weight;
}
