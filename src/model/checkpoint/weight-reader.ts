/** Reads planned weights one after the other, the next one while the engine works on this one, and looks at every value once. */

import { BadInputError } from "../../base/errors.js";
import { alignedMemory } from "../tensor/aligned-memory.js";
import { type FloatValues, type LoraValues, scan, transposed, widened } from "../tensor/floats.js";
import {
  type PlannedWeight,
  planned,
  storedTensor,
  type TensorRef,
  tensorsOf,
  type WeightPlan,
} from "./planned-weights.js";
import { quoted } from "./quoted.js";
import { type BufferSupply, type ElementRange, elements, storedBytes } from "./store.js";

/** Is called with the name of a tensor that is all zero. */
export type OnZero = (tensor: TensorRef) => void;

/** One weight as it is stored, with the pair that is to be added to it. */
export interface WeightParts {
  readonly name: string;
  /** `[out, in]`, or `[size]`; of these rows where it is a part. */
  readonly shape: readonly number[];
  /** First row of a part of a weight; 0 for a whole one. */
  readonly firstRow: number;
  readonly values: FloatValues;
  readonly lora: LoraParts | null;
}

/** A low-rank pair as it is stored. */
export interface LoraParts extends LoraValues {
  /** Could the sum leave float32, going by the largest magnitudes? Then the result must be looked at. */
  readonly mayOverflow: boolean;
}

/**
 * Reads one weight into fresh memory.
 *
 * @param onZero is called for each tensor that is all zero.
 * @throws BadInputError for NaN and infinity, with their place, and for a damaged file.
 */
export async function readWeight(
  weight: PlannedWeight,
  onZero: OnZero,
  {
    supply,
    rows = null,
  }: { readonly supply?: ((ref: TensorRef) => BufferSupply) | undefined; readonly rows?: RowRange | null } = {},
): Promise<WeightParts> {
  const { name, lora } = weight;
  const firstRow = rows?.from ?? 0;
  const shape = rows === null ? weight.shape : [rows.count, ...weight.shape.slice(1)];
  const width = elements(weight.shape.slice(1));
  const range = rows === null ? undefined : { from: rows.from * width, count: rows.count * width };
  // Asked for together, so that the files are read while the engine works.
  const [base, a, b] = await Promise.all(
    tensorsOf(weight).map((ref) => readFinite(ref, onZero, { supply: supply?.(ref), range })),
  );
  if (base === undefined) throw new RangeError("A weight without a base");
  if (lora === null || a === undefined || b === undefined)
    return { name, shape, firstRow, values: base.values, lora: null };
  const most = base.bound + lora.scale * lora.rank * a.bound * b.bound;
  // (B · A)ᵀ is Aᵀ · Bᵀ.
  const [first, second] = lora.transposed
    ? [transposed(b.values, lora.rank), transposed(a.values, a.values.data.length / lora.rank)]
    : [a.values, b.values];
  return {
    name,
    shape,
    firstRow,
    values: base.values,
    lora: { a: first, b: second, rank: lora.rank, scale: lora.scale, mayOverflow: !(most < 3e38) },
  };
}

/** How the weights of a plan are handed over. */
export interface WeightLayout {
  /** May it come some rows at a time, in order? */
  readonly inParts: (name: string) => boolean;
  /** Names of those that come at once with this one, in their order; null for one that comes alone. */
  readonly together: (name: string) => readonly string[] | null;
  /** Bytes that a part has in float32 at most; by default memory alone bounds it. */
  readonly partBytes?: number;
}

const EACH_ALONE: WeightLayout = { inParts: () => false, together: () => null };

/**
 * All weights of a plan. What comes together is read to adjacent memory, where it fits. The arrays of one step are valid until the next
 * is asked for.
 *
 * @throws BadInputError as `readWeight`, and for a tied head that differs from the embedding.
 */
export async function* readWeights(
  plan: WeightPlan,
  onZero: OnZero,
  layout: WeightLayout = EACH_ALONE,
): AsyncGenerator<readonly WeightParts[]> {
  const jobs = jobsOf(plan, onZero, layout);
  const most = Math.max(0, ...jobs.map(bytesOf).filter((bytes) => bytes <= MOST_ARENA_BYTES));
  const arenas = [new Arena(most), new Arena(most)] as const;
  const start = (index: number): Promise<readonly WeightParts[]> | null => {
    const job = jobs[index];
    if (job === undefined) return null;
    const reading = readJob(job, arenas[index % 2] as Arena);
    // Awaited a step later: a failure in between must not count as unhandled.
    reading.catch(() => undefined);
    return reading;
  };
  let next = start(0);
  for (let index = 0; next !== null; index++) {
    const parts = await next;
    next = start(index + 1);
    yield parts;
  }
}

/** What a load holds at once of the stored weights, going by `readWeights` with the same layout. */
export function passingBytes(plan: WeightPlan, layout: WeightLayout): number {
  const jobs = jobsOf(plan, () => undefined, layout);
  // One is read while the other is uploaded.
  return 2 * Math.max(0, ...jobs.map(bytesOf));
}

function jobsOf(plan: WeightPlan, onZero: OnZero, { inParts, together, partBytes }: WeightLayout): Job[] {
  const groups = new Map<string, PlannedWeight[]>();
  for (const weight of plan.weights.values()) {
    const names = together(weight.name) ?? [weight.name];
    groups.set(
      names.join(),
      names.map((name) => planned(plan, name)),
    );
  }
  const bytes = (weights: readonly PlannedWeight[]): number =>
    weights.reduce((sum, each) => sum + bytesToRead(each), 0);
  // The largest first: the small ones then fill the holes that the large ones' passing forms leave in the engine's memory.
  return [...groups.values()]
    .sort((a, b) => bytes(b) - bytes(a))
    .flatMap((weights): Job[] => {
      const [weight] = weights;
      const alone = weights.length === 1 && weight !== undefined && inParts(weight.name);
      return alone ? partsOf(weight, { onZero, partBytes }) : [{ weights, rows: null, onZero }];
    });
}

async function readJob({ weights, rows, onZero }: Job, arena: Arena): Promise<readonly WeightParts[]> {
  arena.reset();
  // Places are given before the files answer: what is stored comes first, side by side, then the pairs.
  const places = new Map<TensorRef, Uint8Array>();
  const pairs = weights.flatMap(({ lora }) => (lora === null ? [] : [lora.a, lora.b]));
  for (const ref of [...weights.map(({ base }) => base), ...pairs]) places.set(ref, arena.take(rowsBytes(ref, rows)));
  const supply = (ref: TensorRef): BufferSupply => {
    const place = places.get(ref);
    return (bytes) => (place !== undefined && bytes <= place.length ? place.subarray(0, bytes) : arena.take(bytes));
  };
  const parts = await Promise.all(weights.map((weight) => readWeight(weight, onZero, { supply, rows })));
  for (const [i, { base, copies }] of weights.entries()) {
    const part = parts[i];
    if (part !== undefined) for (const copy of copies) await checkCopy(part, base, copy);
  }
  return parts;
}

/** Stored bytes of a tensor, or of some rows of it. */
function rowsBytes(ref: TensorRef, rows: RowRange | null): number {
  const { dtype, shape } = storedTensor(ref);
  return storedBytes({ dtype, shape: rows === null ? shape : [rows.count, ...shape.slice(1)] });
}

/** Rows of a weight. */
interface RowRange {
  readonly from: number;
  readonly count: number;
}

interface Job {
  readonly weights: readonly PlannedWeight[];
  readonly rows: RowRange | null;
  readonly onZero: OnZero;
}

/** A weight in pieces that fit the arena. */
function partsOf(
  weight: PlannedWeight,
  {
    onZero,
    partBytes = Number.POSITIVE_INFINITY,
  }: { readonly onZero: OnZero; readonly partBytes?: number | undefined },
): Job[] {
  const [rows = 0] = weight.shape;
  const rowBytes = 4 * elements(weight.shape.slice(1));
  const mostRows = Math.max(1, Math.floor(partBytes / rowBytes));
  const pieces = Math.max(Math.ceil(bytesToRead(weight) / PART_BYTES), Math.ceil(rows / mostRows));
  if (pieces <= 1 || weight.lora !== null) return [{ weights: [weight], rows: null, onZero }];
  const each = Math.min(mostRows, Math.ceil(rows / pieces));
  const length = Math.ceil(rows / each);
  let zero = 0;
  // A part of zeros is no tensor of zeros; all of them are.
  const onZeroPart: OnZero = (tensor) => {
    zero += 1;
    if (zero === length) onZero(tensor);
  };
  return Array.from({ length }, (_, piece) => ({
    weights: [weight],
    rows: { from: piece * each, count: Math.min(each, rows - piece * each) },
    onZero: onZeroPart,
  }));
}

function bytesOf({ weights, rows }: Job): number {
  return weights.reduce((sum, weight) => {
    const all = bytesToRead(weight);
    return sum + (rows === null ? all : aligned((all * rows.count) / (weight.shape[0] ?? 1)));
  }, 0);
}

/** Stored bytes of a weight and its pair, each rounded up as the arena does. */
function bytesToRead(weight: PlannedWeight): number {
  return tensorsOf(weight).reduce((sum, ref) => sum + aligned(storedBytes(storedTensor(ref))), 0);
}

// Aligned as the engine wants it to share the memory.
function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

interface Read {
  readonly values: FloatValues;
  readonly bound: number;
}

async function readFinite(
  ref: TensorRef,
  onZero: OnZero,
  { supply, range }: { readonly supply?: BufferSupply | undefined; readonly range?: ElementRange | undefined } = {},
): Promise<Read> {
  const values = await ref.store.read(ref.name, supply, range);
  const { bad, bound } = scan(values);
  if (bad >= 0)
    throw new BadInputError(
      `${ref.store.name}: tensor ${quoted(ref.name)} holds ${valueAt(values, bad)} at element ${(range?.from ?? 0) + bad}`,
      "the weights are damaged: get them again",
    );
  if (bound === 0 && values.data.length > 0) onZero(ref);
  return { values, bound };
}

function valueAt({ dtype, data }: FloatValues, index: number): number {
  return widened({ dtype, data: data.slice(index, index + 1) } as FloatValues)[0] ?? Number.NaN;
}

async function checkCopy(part: WeightParts, base: TensorRef, copy: TensorRef): Promise<void> {
  if (base.store === copy.store && copy.store.isSame(base.name, copy.name)) return;
  const from = part.firstRow * (part.shape[1] ?? 1);
  if (elements(storedTensor(copy).shape) !== elements(storedTensor(base).shape)) throw differs(copy, base, 0);
  const copied = await copy.store.read(copy.name, undefined, { from, count: part.values.data.length });
  // Copies of another type are equal where their values are, widened to float32.
  const isSameType = copied.dtype === part.values.dtype;
  const [a, b] = [part.values, copied].map((values) => (isSameType ? values.data : widened(values))) as [Data, Data];
  const at = firstDifference(a, b);
  if (at >= 0) throw differs(copy, base, from + at);
}

function differs(copy: TensorRef, base: TensorRef, at: number): BadInputError {
  return new BadInputError(
    `${quoted(copy.name)} differs from the embedding at element ${at} of ${quoted(base.name)}, but config.json says tie_word_embeddings`,
    "if the two were trained apart, set tie_word_embeddings to false in config.json; else save the model again",
  );
}

type Data = Float32Array | Uint16Array;

function firstDifference(a: Data, b: Data): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return i;
  return -1;
}

const MOST_ARENA_BYTES = 2 ** 27;
/** Bytes of a file that become one matrix, where a weight may be in parts. */
export const PART_BYTES = 2 ** 25;

/** Memory that is used again for every second weight: fresh pages cost more than reading. */
class Arena {
  readonly #memory: Uint8Array;
  #used = 0;
  #large: ArrayBuffer[] = [];

  /** @param bytes that stay for the whole load. */
  constructor(bytes: number) {
    this.#memory = alignedMemory(bytes);
  }

  reset(): void {
    this.#used = 0;
    for (const buffer of this.#large) buffer.resize(0);
    this.#large = [];
  }

  take(bytes: number): Uint8Array {
    const begin = this.#used;
    if (begin + bytes > this.#memory.length) return this.#takeLarge(bytes);
    this.#used = begin + aligned(bytes);
    return this.#memory.subarray(begin, begin + bytes);
  }

  // Resizable, because memory that shrinks is given back at once; for half a gigabyte a collector would come too late.
  #takeLarge(bytes: number): Uint8Array {
    const buffer = new ArrayBuffer(bytes, { maxByteLength: bytes });
    this.#large.push(buffer);
    return new Uint8Array(buffer, 0, bytes);
  }
}
