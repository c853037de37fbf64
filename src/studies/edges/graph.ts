/** The components of a model, and which of them can write to which: every edge joins a source and a target at one place of the sequence. */

import { range } from "../../base/range.js";

/** How many blocks, and heads in each. */
export interface ModelShape {
  readonly depth: number;
  readonly heads: number;
}

/**
 * What writes into the residual stream. `input` is what enters it: a token's embedding, or at a latent what the projection made of the
 * position before.
 */
export type Source =
  | { readonly kind: "input" }
  | { readonly kind: "head"; readonly block: number; readonly head: number }
  | { readonly kind: "mlp"; readonly block: number };

/** What reads the stream. `output` is the final norm: the projection reads it before a latent, the head elsewhere. */
export type Target =
  | { readonly kind: "attention"; readonly block: number }
  | { readonly kind: "mlp"; readonly block: number }
  | { readonly kind: "output" };

/** In the order in which they write. */
export function sourcesOf({ depth, heads }: ModelShape): Source[] {
  return [
    { kind: "input" },
    ...range(depth).flatMap((block): Source[] => [
      ...range(heads).map((head) => ({ kind: "head", block, head }) as const),
      { kind: "mlp", block },
    ]),
  ];
}

/** In the order in which they read. */
export function targetsOf({ depth }: Pick<ModelShape, "depth">): Target[] {
  return [
    ...range(depth).flatMap((block): Target[] => [
      { kind: "attention", block },
      { kind: "mlp", block },
    ]),
    { kind: "output" },
  ];
}

/** How many sources have written before a target reads: the first so many of `sourcesOf`. */
export function sourcesBefore(target: Target, { depth, heads }: ModelShape): number {
  switch (target.kind) {
    case "attention":
      return 1 + target.block * (heads + 1);
    case "mlp":
      return 1 + target.block * (heads + 1) + heads;
    case "output":
      return 1 + depth * (heads + 1);
  }
}

/** An edge: places of its target and source in their lists, and the place in the sequence. */
export interface EdgePlace {
  readonly target: number;
  readonly source: number;
  readonly place: number;
}

/** Edges by number: target by target, source by source, place by place. */
export class EdgeNumbers {
  readonly sources: readonly Source[];
  readonly targets: readonly Target[];
  /** Sources of each target. */
  readonly before: readonly number[];
  readonly #first: readonly number[];
  /** How many there are. */
  readonly count: number;

  constructor(
    shape: ModelShape,
    /** How many places the sequence is parted into. */
    readonly places: number,
  ) {
    this.sources = sourcesOf(shape);
    this.targets = targetsOf(shape);
    this.before = this.targets.map((target) => sourcesBefore(target, shape));
    const first: number[] = [];
    let count = 0;
    for (const before of this.before) {
      first.push(count);
      count += before * places;
    }
    this.#first = first;
    this.count = count;
  }

  /** Number of an edge. */
  at({ target, source, place }: EdgePlace): number {
    return (this.#first[target] ?? 0) + source * this.places + place;
  }
}
