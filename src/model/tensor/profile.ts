/** What the native engine did and when: every op with its stage, time and work. Nothing is measured, and nothing costs anything, until `startProfile`. */

import { type NativeBackend, nativeBackend } from "./engine.js";
import { overridden } from "./overridden.js";

/** One call of the engine. */
export interface OpCall {
  readonly op: string;
  /** Label of the step that it belongs to, e.g. `latent.2`; `other` outside of any. */
  readonly stage: string;
  /** Milliseconds since the profile began. */
  readonly start: number;
  readonly milliseconds: number;
  /** Multiplications and additions of a matrix product; 0 for any other op. */
  readonly flops: number;
}

/** What was recorded. */
export interface Profile {
  readonly calls: readonly OpCall[];
  /** Calls beyond `MOST_CALLS`, which are in no table. */
  readonly left: number;
  /** Milliseconds from beginning to end; what no op accounts for is JavaScript, waiting and reading back. */
  readonly milliseconds: number;
  /** The fastest of some products of 1024 × 1024 matrices just before, in operations a second. */
  readonly peakFlops: number;
}

/** Calls that are kept: about 100 MB. */
const MOST_CALLS = 1_000_000;
const OUTSIDE = "other";
const PRODUCTS: ReadonlySet<string> = new Set([
  "MatMul",
  "BatchMatMulV2",
  "BatchMatMulV3",
  "CodilensProduct",
  "CodilensTransposedProduct",
  "CodilensScores",
  "CodilensMixture",
]);
const TURNS_LEFT: ReadonlySet<string> = new Set(["transpose_a", "adj_x"]);
const TURNS_RIGHT: ReadonlySet<string> = new Set(["transpose_b", "adj_y"]);
/** Those that turn their right factor without saying so. */
const TURNED_RIGHT: ReadonlySet<string> = new Set(["CodilensScores"]);
let stage = OUTSIDE;

/** Says what the next ops belong to; null: to nothing in particular. */
export function enterStage(label: string | null): void {
  stage = label ?? OUTSIDE;
}

/**
 * Records every op of the native CPU engine until the function that it returns is called.
 *
 * @returns null on another engine.
 */
export function startProfile(): (() => Profile) | null {
  const engine = nativeBackend();
  if (engine === null) return null;
  const { binding } = engine;
  const peakFlops = measurePeak(binding);
  const calls: OpCall[] = [];
  const shapes = new Map<number, readonly number[]>();
  let left = 0;
  const began = performance.now();
  const restore = overridden(engine, {
    // Every op is called by itself.
    runSavedModel: undefined,
    createTensor(shape, dtype, values) {
      const id = binding.createTensor(shape, dtype, values);
      shapes.set(id, [...shape]);
      return id;
    },
    deleteTensor(id) {
      shapes.delete(id);
      binding.deleteTensor(id);
    },
    executeOp(op, attributes, inputs, outputs) {
      const start = performance.now();
      const results = binding.executeOp(op, attributes, inputs, outputs);
      const milliseconds = performance.now() - start;
      for (const { id, shape } of results) shapes.set(id, shape);
      const flops = productFlops({ op, attributes, out: results[0]?.shape ?? [] }, factorsOf(inputs, shapes));
      if (calls.length < MOST_CALLS) calls.push({ op, stage, start: start - began, milliseconds, flops });
      else left += 1;
      return results;
    },
  });
  return () => {
    restore();
    return { calls, left, milliseconds: performance.now() - began, peakFlops };
  };
}

/** The two factors of a product. */
type Factors = readonly [readonly number[] | undefined, readonly number[] | undefined];

/**
 * `2 m k n`. k is read off a factor that was made while the profile ran: weights were there before, and their shapes are not known.
 *
 * @throws RangeError for a product of two such factors: its work would count as none.
 */
function productFlops(
  {
    op,
    attributes,
    out,
  }: { readonly op: string; readonly attributes: readonly unknown[]; readonly out: readonly number[] },
  [left, right]: Factors,
): number {
  if (!PRODUCTS.has(op)) return 0;
  const inner =
    right?.at(TURNED_RIGHT.has(op) || isSet(attributes, TURNS_RIGHT) ? -1 : -2) ??
    left?.at(isSet(attributes, TURNS_LEFT) ? -2 : -1);
  if (inner === undefined) throw new RangeError(`${op} of two tensors from before the profile`);
  return 2 * inner * out.reduce((product, n) => product * n, 1);
}

function factorsOf(
  [left = -1, right = -1]: readonly number[],
  shapes: ReadonlyMap<number, readonly number[]>,
): Factors {
  return [shapes.get(left), shapes.get(right)];
}

function isSet(attributes: readonly unknown[], names: ReadonlySet<string>): boolean {
  return (attributes as readonly { readonly name: string; readonly value: unknown }[]).some(
    ({ name, value }) => names.has(name) && value === true,
  );
}

function measurePeak(binding: NativeBackend["binding"]): number {
  const n = 1024;
  const values = new Float32Array(n * n).fill(1);
  const id = binding.createTensor([n, n], binding.TF_FLOAT, values);
  const attributes = [
    { name: "transpose_a", type: binding.TF_ATTR_BOOL, value: false },
    { name: "transpose_b", type: binding.TF_ATTR_BOOL, value: false },
    { name: "T", type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
  ];
  const times = Array.from({ length: 12 }, () => {
    const start = performance.now();
    const [result] = binding.executeOp("MatMul", attributes, [id, id], 1);
    const time = performance.now() - start;
    if (result !== undefined) binding.deleteTensor(result.id);
    return time;
  });
  binding.deleteTensor(id);
  return (2 * n ** 3 * 1000) / Math.min(...times);
}
