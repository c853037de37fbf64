/** Bootstrap draws and permutations, made once for all statistics of a run: the same seed gives the same ones. */

import { randomSource, shuffle } from "./random-source.js";

/** How often each cluster stands in a sample. */
export type Counts = Uint16Array;

// Above this many numbers a set is made anew each time, one draw at a time.
const MOST_KEPT = 1 << 25;

/** Calls `visit` with the counts of each draw; they are borrowed until it returns. */
export function eachDraw(
  clusters: number,
  { draws, seed }: { readonly draws: number; readonly seed: number },
  visit: (counts: Counts) => void,
): void {
  const fill = (counts: Counts, below: (bound: number) => number): void => {
    counts.fill(0);
    for (let i = 0; i < clusters; i++) {
      const drawn = below(clusters);
      counts[drawn] = (counts[drawn] ?? 0) + 1;
    }
  };
  visitKept(keptDraws, { key: `${clusters} ${draws} ${seed}`, size: clusters, times: draws, seed }, { fill, visit });
}

/** Calls `visit` with `times` random orders of `0 … size − 1`; they are borrowed until it returns. */
export function eachOrder(
  size: number,
  { times, seed }: { readonly times: number; readonly seed: number },
  visit: (order: Uint16Array) => void,
): void {
  const fill = (order: Uint16Array, below: (bound: number) => number): void => {
    for (let i = 0; i < size; i++) order[i] = i;
    shuffle(order, { below });
  };
  visitKept(keptOrders, { key: `${size} ${times} ${seed}`, size, times, seed }, { fill, visit });
}

interface Kept {
  key: string;
  values: Uint16Array;
}

const none = (): Kept => ({ key: "", values: new Uint16Array(0) });
// The usual draws, and the many that some intervals need; the one used last stands first.
const keptDraws = [none(), none()];
const keptOrders = [none()];

function visitKept(
  slots: Kept[],
  {
    key,
    size,
    times,
    seed,
  }: { readonly key: string; readonly size: number; readonly times: number; readonly seed: number },
  {
    fill,
    visit,
  }: {
    readonly fill: (values: Uint16Array, below: (bound: number) => number) => void;
    readonly visit: (values: Uint16Array) => void;
  },
): void {
  const kept = slots.find((each) => each.key === key) ?? slots.at(-1) ?? none();
  slots.splice(slots.indexOf(kept), 1);
  slots.unshift(kept);
  const known = kept.key === key;
  const keep = size * times <= MOST_KEPT;
  const { below } = randomSource(seed);
  if (!known && keep) {
    kept.key = key;
    kept.values = new Uint16Array(size * times);
  }
  const one = keep ? kept.values : new Uint16Array(size);
  for (let i = 0; i < times; i++) {
    const values = keep ? one.subarray(i * size, (i + 1) * size) : one;
    if (!known || !keep) fill(values, below);
    visit(values);
  }
}
