/** The work that the study's loop cannot do without, so that loops can be compared by what they do beyond it. */

import type { Shape } from "./make/random-checkpoint.mjs";

/** Some problems of the study, and what came of them. */
export interface Loop {
  /** Tokens of each prompt. */
  readonly prompts: readonly number[];
  /** For each problem, tokens of each row's answer, EOS included; the clean row first, then one row for each latent. */
  readonly answers: readonly (readonly number[])[];
  /** The block whose output is zeroed. */
  readonly layer: number;
}

/** Cells are tokens fed; a row that shares its lower blocks with another counts by the blocks of its own. */
export interface BareLoop {
  /** Through the blocks, in units of one token through all of them. */
  readonly tokenForwards: number;
  /** Through the head. */
  readonly heads: number;
  /** Through the projection. */
  readonly projections: number;
}

/**
 * The bare loop: each prompt once; each latent once for every row that differs from the clean one by then; EOT and each token of each
 * answer but the last, once for every row. Nothing is fed twice or tried, and nothing is scored.
 */
export function bareLoop({ prompts, answers, layer }: Loop, { layers }: Pick<Shape, "layers">): BareLoop {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  // The row that is zeroed at a latent has the blocks above that to itself.
  const own = (layers - 1 - layer) / layers;
  const latents = answers.map((rows) => {
    const count = rows.length - 1;
    return { fed: sum(Array.from({ length: count }, (_, k) => 1 + k + own)), projected: (count * (count + 1)) / 2 };
  });
  const decoded = sum(answers.map(sum));
  return {
    tokenForwards: sum(prompts) + sum(latents.map(({ fed }) => fed)) + decoded,
    heads: decoded,
    projections: sum(latents.map(({ projected }) => projected)),
  };
}

/** Multiplications and additions of one token's products with weights. */
export interface TokenFlops {
  readonly blocks: number;
  readonly head: number;
  readonly projection: number;
}

/** @param rows of the embedding. */
export function tokenFlops(
  { layers, dModel, dMlp, heads, kvHeads, dHead }: Omit<Shape, "vocab">,
  rows: number,
): TokenFlops {
  const attention = 2 * heads * dHead * dModel + 2 * kvHeads * dHead * dModel;
  return {
    blocks: 2 * layers * (attention + 3 * dMlp * dModel),
    head: 2 * rows * dModel,
    projection: 2 * 2 * dModel * dModel,
  };
}

/** Operations of the bare loop's products. */
export function usefulFlops({ tokenForwards, heads, projections }: BareLoop, each: TokenFlops): number {
  return tokenForwards * each.blocks + heads * each.head + projections * each.projection;
}
