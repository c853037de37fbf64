/** Exact Shapley values and pairwise interactions over all subsets of a few players, with cluster-bootstrap intervals over problems. */

import { type BootstrapInterval, type BootstrapOptions, clusteredBootstrap, ofMean } from "./clustered-bootstrap.js";

/** Two players: what they do together beyond what each does alone. */
export interface Interaction {
  readonly players: readonly [number, number];
  /** f({i, j}) − f({i}) − f({j}) + f(∅): with all others taken away. */
  readonly alone: BootstrapInterval;
  /** The same with all others there: f(N) − f(N∖i) − f(N∖j) + f(N∖{i, j}). */
  readonly amongAll: BootstrapInterval;
  /** The mean over all sets of others, Shapley's weights (Grabisch and Roubens 1999). */
  readonly shapley: BootstrapInterval;
}

/** Values of all players; they add up to f(N) − f(∅). */
export interface ShapleyResult {
  readonly values: readonly BootstrapInterval[];
  readonly interactions: readonly Interaction[];
  readonly total: BootstrapInterval;
}

/**
 * @param worth one table a problem: its worth with exactly the players of a set present, at the index whose bit i says that player i
 * is in it, `[2^players]`.
 * @throws RangeError for a table of another length or with a gap: exact values need every subset.
 * @example
 * ```ts
 * // Of two players only the first is worth something: tables by the sets ∅, {0}, {1}, {0, 1}.
 * const { values } = shapley(Array(4).fill([0, 1, 0, 1]), 2, { seed: 1 });
 * values.map((each) => each.kind === "value" && each.value); // → [ 1, 0 ]
 * ```
 */
export function shapley(
  worth: readonly ArrayLike<number>[],
  players: number,
  options: BootstrapOptions,
): ShapleyResult {
  const subsets = 2 ** players;
  for (const [p, table] of worth.entries())
    if (table.length !== subsets || Array.from(table).some((each) => !Number.isFinite(each)))
      throw new RangeError(
        `Cannot take Shapley values of problem ${p}: its table must hold ${subsets} finite numbers, one for each subset`,
      );
  const interval = (weights: ReadonlyMap<number, number>): BootstrapInterval =>
    clusteredBootstrap(worth.length, ofMean(worth.map((table) => weighted(table, weights))), options);
  const all = subsets - 1;
  const pairs = Array.from({ length: players }, (_, i) =>
    Array.from({ length: players - i - 1 }, (_, j) => [i, i + 1 + j] as const),
  ).flat();
  return {
    values: Array.from({ length: players }, (_, i) => interval(shapleyWeights(players, [i]))),
    interactions: pairs.map(([i, j]) => ({
      players: [i, j],
      alone: interval(differenceWeights(0, [i, j])),
      amongAll: interval(differenceWeights(all & ~(1 << i) & ~(1 << j), [i, j])),
      shapley: interval(shapleyWeights(players, [i, j])),
    })),
    total: interval(
      new Map([
        [all, 1],
        [0, -1],
      ]),
    ),
  };
}

/** One player's value in one problem's table. @param worth as `shapley` takes it. */
export function shapleyValue(
  worth: ArrayLike<number>,
  { player, players }: { readonly player: number; readonly players: number },
): number {
  return weighted(worth, shapleyWeights(players, [player]));
}

function weighted(table: ArrayLike<number>, weights: ReadonlyMap<number, number>): number {
  let sum = 0;
  for (const [subset, weight] of weights) sum += weight * (table[subset] ?? 0);
  return sum;
}

/** Weight of each subset in the mean, over sets without `group`, of what the group's members add together. */
function shapleyWeights(players: number, group: readonly number[]): Map<number, number> {
  const mine = group.reduce((bits, i) => bits | (1 << i), 0);
  const others = players - group.length;
  const weights = new Map<number, number>();
  for (let set = 0; set < 2 ** players; set++) {
    if ((set & mine) !== 0) continue;
    const size = bitCount(set);
    // Chance that exactly this set of the others stands before the group in a random order: 1 / ((others + 1) · C(others, size)).
    const chance = 1 / ((others + 1) * choose(others, size));
    for (const [subset, sign] of differenceWeights(set, group))
      weights.set(subset, (weights.get(subset) ?? 0) + sign * chance);
  }
  return weights;
}

function differenceWeights(set: number, group: readonly number[]): Map<number, number> {
  let terms = new Map([[set, 1]]);
  for (const i of group)
    terms = new Map(
      [...terms].flatMap(([subset, sign]) => [[subset | (1 << i), sign] as const, [subset, -sign] as const]),
    );
  return terms;
}

function bitCount(bits: number): number {
  return bits === 0 ? 0 : (bits & 1) + bitCount(bits >> 1);
}

function choose(n: number, k: number): number {
  let value = 1;
  for (let i = 1; i <= k; i++) value = (value * (n - k + i)) / i;
  return value;
}
