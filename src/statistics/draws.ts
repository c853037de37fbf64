/** Bootstrap draws and permutations, made once for all statistics of a run: the same seed gives the same ones. */

import { type RandomSource, randomSource, shuffle } from "./random-source.js";

/** How often each cluster stands in a sample. */
export type Counts = Uint16Array;

/** Which draws of a seed's one sequence: a longer sequence begins with the shorter one. */
export interface Drawing {
  /** Up to this one, not included. */
  readonly draws: number;
  readonly seed: number;
  /** From this one on; by default from the first. */
  readonly from?: number;
}

// A sequence of more numbers is made anew each time, a block at a time.
const MOST_KEPT = 1 << 25;
// All that are kept, together.
const MOST_HELD = 1 << 26;
/** Most draws or orders that are handed out at once. */
export const BLOCK = 256;
// Fewer of large ones: what is handed out stays near the processor.
const NUMBERS_IN_BLOCK = 1 << 17;

/** Calls `visit` with the counts of `many` draws at a time, `[draw, cluster]`; they are borrowed until it returns. */
export function eachBlockOfDraws(
  clusters: number,
  drawing: Drawing,
  visit: (counts: Counts, many: number) => void,
): void {
  const fill = (counts: Counts, { below }: RandomSource): void => {
    for (let start = 0; start < counts.length; start += clusters)
      for (let i = 0; i < clusters; i++) {
        const drawn = start + below(clusters);
        counts[drawn] = (counts[drawn] ?? 0) + 1;
      }
  };
  const { draws: to, seed, from = 0 } = drawing;
  visitKept({ key: `draws ${clusters} ${seed}`, size: clusters, from, to, seed }, { fill, visit });
}

/** Calls `visit` with the counts of each draw; they are borrowed until it returns. */
export function eachDraw(clusters: number, drawing: Drawing, visit: (counts: Counts) => void): void {
  eachBlockOfDraws(clusters, drawing, (counts, many) => {
    for (let i = 0; i < many; i++) visit(counts.subarray(i * clusters, (i + 1) * clusters));
  });
}

/**
 * Calls `visit` with `many` random orders at a time, `[order, item]`; they are borrowed until it returns. An order is that of
 * several blocks beside each other: in each block stand its own items' numbers, `0 … size − 1`.
 */
export function eachBlockOfOrders(
  sizes: readonly number[],
  { times, seed }: { readonly times: number; readonly seed: number },
  visit: (orders: Uint16Array, many: number) => void,
): void {
  const size = sizes.reduce((sum, each) => sum + each, 0);
  // One block is put in order before each shuffle; several are shuffled on from where they are.
  const inPlace = ordered(sizes);
  const last = inPlace.slice();
  const fill = (orders: Uint16Array, random: RandomSource): void => {
    for (let start = 0; start < orders.length; start += size) {
      if (sizes.length === 1) last.set(inPlace);
      for (let b = 0, from = 0; b < sizes.length; b++) {
        const to = from + (sizes[b] ?? 0);
        shuffle(last, random, { from, to });
        from = to;
      }
      orders.set(last, start);
    }
  };
  // Of several blocks no more can be made later on: where they stood last is not kept.
  visitKept({ key: `orders ${sizes.join()} ${times} ${seed}`, size, from: 0, to: times, seed }, { fill, visit });
}

/** Every item in its own place, block after block. */
export function ordered(sizes: readonly number[]): Uint16Array {
  return Uint16Array.from(sizes.flatMap((size) => Array.from({ length: size }, (_, i) => i)));
}

interface Wanted {
  /** Of what belongs to one sequence. */
  readonly key: string;
  /** Numbers in one draw or order. */
  readonly size: number;
  readonly from: number;
  readonly to: number;
  readonly seed: number;
}

/** Fills what follows in the sequence; all zeros before. */
type Fill = (values: Uint16Array, random: RandomSource) => void;

interface Visiting {
  readonly fill: Fill;
  readonly visit: (values: Uint16Array, many: number) => void;
}

interface Kept {
  values: Uint16Array;
  /** How many draws or orders are there. */
  made: number;
  /** Stands behind the last one made. */
  readonly random: RandomSource;
}

// The one used last stands last.
const kept = new Map<string, Kept>();

function visitKept(wanted: Wanted, { fill, visit }: Visiting): void {
  const { size, from, to } = wanted;
  if (size * to > MOST_KEPT) {
    visitNew(wanted, { fill, visit });
    return;
  }
  const { values } = keptUpTo(wanted, fill);
  const block = blockOf(size);
  for (let at = from; at < to; at += block) {
    const end = Math.min(at + block, to);
    visit(values.subarray(at * size, end * size), end - at);
  }
}

function keptUpTo({ key, size, to, seed }: Wanted, fill: Fill): Kept {
  const found = kept.get(key) ?? { values: new Uint16Array(0), made: 0, random: randomSource(seed) };
  if (found.made < to) {
    const longer = new Uint16Array(size * to);
    longer.set(found.values);
    fill(longer.subarray(found.made * size), found.random);
    found.values = longer;
    found.made = to;
  }
  kept.delete(key);
  makeRoom(found.values.length);
  kept.set(key, found);
  return found;
}

function makeRoom(numbers: number): void {
  let held = numbers;
  for (const { values } of kept.values()) held += values.length;
  for (const [key, { values }] of kept) {
    if (held <= MOST_HELD) return;
    kept.delete(key);
    held -= values.length;
  }
}

function visitNew({ size, from, to, seed }: Wanted, { fill, visit }: Visiting): void {
  const random = randomSource(seed);
  const block = blockOf(size);
  const some = new Uint16Array(size * block);
  // What comes before `from` is passed over, but takes its random numbers.
  for (let at = 0; at < to; ) {
    const end = Math.min(at + block, at < from ? from : to);
    const values = some.subarray(0, (end - at) * size).fill(0);
    fill(values, random);
    if (at >= from) visit(values, end - at);
    at = end;
  }
}

function blockOf(size: number): number {
  return Math.max(4, Math.min(BLOCK, Math.floor(NUMBERS_IN_BLOCK / size)));
}
