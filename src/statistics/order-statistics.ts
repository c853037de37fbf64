/** Quantiles and ranks among many values without sorting all of them: only those near a quantile are sorted. */

/** Values by size. */
export interface Ranked {
  readonly length: number;
  readonly least: number;
  readonly most: number;
  /** What would stand at a place of the sorted values. */
  readonly at: (place: number) => number | undefined;
  /** How many are not greater. */
  readonly upTo: (bar: number) => number;
}

// As many values as fall into one bucket are sorted; with this many buckets that is a small part of them.
const BUCKETS = 1024;
// Fewer are sorted at once.
const FEW = 256;

/** @param values in any order; they stay as they are. */
export function ranked(values: Float64Array): Ranked {
  const [least, most] = rangeOf(values);
  const scale = (BUCKETS - 1) / (most - least);
  // Values that are all the same, infinite or no numbers have no buckets.
  if (values.length > FEW && scale > 0 && scale < Number.POSITIVE_INFINITY)
    return { length: values.length, least, most, ...inBuckets(values, { least, scale }) };
  const sorted = values.slice().sort();
  return { length: values.length, least, most, at: (place) => sorted[place], upTo: (bar) => countUpTo(sorted, bar) };
}

/** Linear-interpolated quantile of sorted values (R type 7, NumPy's default). */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  return quantileOf({ length: sorted.length, at: (place) => sorted[place] }, q);
}

/** The same of values in any order. */
export function quantileOf({ length, at }: Pick<Ranked, "length" | "at">, q: number): number {
  const place = (length - 1) * q;
  const below = Math.floor(place);
  const low = at(below) ?? 0;
  const high = at(Math.min(below + 1, length - 1)) ?? low;
  return low + (high - low) * (place - below);
}

/** Smallest and largest; NaN where one of the values is, or where there is none. */
function rangeOf(values: Float64Array): readonly [number, number] {
  let least = values[0] ?? Number.NaN;
  let most = least;
  for (let i = 1; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (value < least) least = value;
    else if (!(value <= most)) {
      if (Number.isNaN(value)) return [value, value];
      most = value;
    }
  }
  return [least, most];
}

function inBuckets(
  values: Float64Array,
  { least, scale }: { readonly least: number; readonly scale: number },
): Pick<Ranked, "at" | "upTo"> {
  // A larger value never has a smaller bucket: difference and product round in order.
  const bucketOf = new Uint16Array(values.length);
  const ends = new Uint32Array(BUCKETS);
  for (let i = 0; i < values.length; i++) {
    const bucket = Math.floor(((values[i] ?? 0) - least) * scale);
    bucketOf[i] = bucket;
    ends[bucket] = (ends[bucket] ?? 0) + 1;
  }
  for (let bucket = 1; bucket < BUCKETS; bucket++) ends[bucket] = (ends[bucket] ?? 0) + (ends[bucket - 1] ?? 0);
  const startOf = (bucket: number): number => ends[bucket - 1] ?? 0;
  const known = new Map<number, Float64Array>();
  const sorted = (bucket: number): Float64Array => {
    const mine = known.get(bucket) ?? new Float64Array((ends[bucket] ?? 0) - startOf(bucket));
    if (known.has(bucket)) return mine;
    for (let i = 0, found = 0; found < mine.length; i++) if (bucketOf[i] === bucket) mine[found++] = values[i] ?? 0;
    known.set(bucket, mine.sort());
    return mine;
  };
  return {
    at: (place) => {
      const bucket = ends.findIndex((end) => place < end);
      return sorted(bucket)[place - startOf(bucket)];
    },
    upTo: (bar) => {
      const bucket = Math.floor((bar - least) * scale);
      if (!(bucket >= 0)) return 0;
      return bucket >= BUCKETS ? values.length : startOf(bucket) + countUpTo(sorted(bucket), bar);
    },
  };
}

function countUpTo(sorted: Float64Array, bar: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) <= bar) low = middle + 1;
    else high = middle;
  }
  return low;
}
