/** Reads planned weights one after the other, the next one while the engine works on this one, and looks at every value once. */

import { BadInputError } from "../errors.js";
import { type FloatValues, type LoraValues, scan, widened } from "../tensor/floats.js";
import { quoted } from "./quoted.js";
import { type BufferSupply, type ElementRange, elements, storedBytes } from "./store.js";
import { type PlannedWeight, storedTensor, type TensorRef, tensorsOf, type WeightPlan } from "./weight-plan.js";

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
 * @param warn told of tensors that are all zero.
 * @throws BadInputError for NaN and infinity, with their place, and for a damaged file.
 */
export async function readWeight(
  weight: PlannedWeight,
  warn: (notice: string) => void,
  supply: BufferSupply | undefined = undefined,
  rows: RowRange | null = null,
): Promise<WeightParts> {
  const { name, lora } = weight;
  const firstRow = rows?.from ?? 0;
  const shape = rows === null ? weight.shape : [rows.count, ...weight.shape.slice(1)];
  const width = elements(weight.shape.slice(1));
  const range = rows === null ? undefined : { from: rows.from * width, count: rows.count * width };
  // Asked for together, so that the files are read while the engine works.
  const [base, a, b] = await Promise.all(tensorsOf(weight).map((ref) => readFinite(ref, warn, supply, range)));
  if (base === undefined) throw new RangeError("A weight without a base");
  if (lora === null || a === undefined || b === undefined)
    return { name, shape, firstRow, values: base.values, lora: null };
  const most = base.bound + lora.scale * lora.rank * a.bound * b.bound;
  return {
    name,
    shape,
    firstRow,
    values: base.values,
    lora: { a: a.values, b: b.values, rank: lora.rank, scale: lora.scale, mayOverflow: !(most < 3e38) },
  };
}

/**
 * All weights of a plan; those that `inParts` names come some rows at a time, in order. The arrays of one are valid until the next is
 * asked for.
 *
 * @throws BadInputError as `readWeight`, and for a tied head that differs from the embedding.
 */
export async function* readWeights(
  plan: WeightPlan,
  warn: (notice: string) => void,
  inParts: (name: string) => boolean = () => false,
): AsyncGenerator<WeightParts> {
  const jobs = jobsOf(plan, warn, inParts);
  const most = Math.max(0, ...jobs.map(bytesOf).filter((bytes) => bytes <= MOST_ARENA_BYTES));
  const arenas = [new Arena(most), new Arena(most)] as const;
  const start = (index: number): Promise<WeightParts> | null => {
    const job = jobs[index];
    if (job === undefined) return null;
    const reading = readJob(job, plan.tiedHead, arenas[index % 2] as Arena);
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

/** What a load holds at once of the weights beside the finished ones, going by `readWeights` with the same `inParts`. */
export function passingBytes(plan: WeightPlan, inParts: (name: string) => boolean): number {
  const jobs = jobsOf(plan, () => undefined, inParts);
  const stored = Math.max(0, ...jobs.map(bytesOf));
  const wide = jobs.map(({ weight, rows }) => {
    const all = 4 * elements(weight.shape);
    return rows === null ? all : (all * rows.count) / (weight.shape[0] ?? 1);
  });
  // One is read while the other is uploaded; that one's slabs live until they are joined.
  return 2 * stored + Math.max(0, ...wide);
}

function jobsOf(plan: WeightPlan, warn: Job["warn"], inParts: (name: string) => boolean): Job[] {
  // The largest first: the small ones then fill the holes that the large ones' passing forms leave in the engine's memory.
  return [...plan.weights.values()]
    .sort((a, b) => bytesToRead(b) - bytesToRead(a))
    .flatMap((weight) => (inParts(weight.name) ? partsOf(weight, warn) : [{ weight, rows: null, warn }]));
}

async function readJob({ weight, rows, warn }: Job, tiedHead: TensorRef | null, arena: Arena): Promise<WeightParts> {
  arena.reset();
  const parts = await readWeight(weight, warn, (bytes) => arena.take(bytes), rows);
  if (weight.name === "embed_tokens.weight" && tiedHead !== null) await checkTiedHead(parts, weight.base, tiedHead);
  return parts;
}

/** Rows of a weight. */
interface RowRange {
  readonly from: number;
  readonly count: number;
}

interface Job {
  readonly weight: PlannedWeight;
  readonly rows: RowRange | null;
  readonly warn: (notice: string) => void;
}

/** A weight in pieces that fit the arena. */
function partsOf(weight: PlannedWeight, warn: Job["warn"]): Job[] {
  const [rows = 0] = weight.shape;
  const pieces = Math.ceil(bytesToRead(weight) / PART_BYTES);
  if (pieces <= 1 || weight.lora !== null) return [{ weight, rows: null, warn }];
  const each = Math.ceil(rows / pieces);
  const length = Math.ceil(rows / each);
  let zero = 0;
  // A part of zeros is no tensor of zeros; all of them are.
  const warnOnce = (notice: string): void => {
    zero += 1;
    if (zero === length) warn(notice);
  };
  return Array.from({ length }, (_, piece) => ({
    weight,
    rows: { from: piece * each, count: Math.min(each, rows - piece * each) },
    warn: warnOnce,
  }));
}

function bytesOf({ weight, rows }: Job): number {
  const all = bytesToRead(weight);
  return rows === null ? all : aligned((all * rows.count) / (weight.shape[0] ?? 1));
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
  warn: (notice: string) => void,
  supply?: BufferSupply,
  range?: ElementRange,
): Promise<Read> {
  const values = await ref.store.read(ref.name, supply, range);
  const { bad, bound } = scan(values);
  if (bad >= 0)
    throw new BadInputError(
      `${ref.store.name}: tensor ${quoted(ref.name)} holds ${valueAt(values, bad)} at element ${(range?.from ?? 0) + bad}`,
      "the weights are damaged: get them again",
    );
  if (bound === 0 && values.data.length > 0) warn(`${ref.store.name}: tensor ${quoted(ref.name)} is all zero`);
  return { values, bound };
}

function valueAt({ dtype, data }: FloatValues, index: number): number {
  return widened({ dtype, data: data.slice(index, index + 1) } as FloatValues)[0] ?? Number.NaN;
}

async function checkTiedHead(embed: WeightParts, base: TensorRef, head: TensorRef): Promise<void> {
  if (base.store === head.store && head.store.isSame(base.name, head.name)) return;
  const [tensor, stored] = [storedTensor(head), storedTensor(base)];
  const from = embed.firstRow * (embed.shape[1] ?? 1);
  if (stored.dtype !== tensor.dtype || storedBytes(tensor) !== storedBytes(stored)) throw differs(head, 0);
  const { data } = await head.store.read(head.name, undefined, { from, count: embed.values.data.length });
  const at = firstDifference(embed.values.data, data);
  if (at >= 0) throw differs(head, from + at);
}

function differs(head: TensorRef, at: number): BadInputError {
  return new BadInputError(
    `${quoted(head.name)} differs from the embedding at element ${at}, but config.json says tie_word_embeddings`,
    "correct config.json or the weights",
  );
}

function firstDifference(a: Float32Array | Uint16Array, b: Float32Array | Uint16Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return i;
  return -1;
}

const MOST_ARENA_BYTES = 2 ** 26;
const PART_BYTES = 2 ** 25;

/** Memory that is used again for every second weight: fresh pages cost more than reading. */
class Arena {
  readonly #memory: Uint8Array;
  #used = 0;
  #large: ArrayBuffer[] = [];

  /** @param bytes that stay for the whole load. */
  constructor(bytes: number) {
    this.#memory = new Uint8Array(bytes);
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

  // Resizable, because memory that shrinks is given back at once; for the embedding's half gigabyte a collector would come too late.
  #takeLarge(bytes: number): Uint8Array {
    const buffer = new ArrayBuffer(bytes, { maxByteLength: bytes });
    this.#large.push(buffer);
    return new Uint8Array(buffer, 0, bytes);
  }
}
