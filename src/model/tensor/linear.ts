/** Products with weights. Without kernels of ours the engine has two ways to multiply, and which one is faster depends on how many columns there are. */

import { rawEngine } from "./engine.js";
import { addBias } from "./formulas.js";
import { inFloat32, type Matrix, timesVector } from "./held-matrix.js";
import { hasKernels, kernel, kernelProduct, kernelTransposed, takesProducts } from "./kernels.js";
import {
  addAll,
  batchMatMul,
  concat,
  matMul,
  slice,
  smallBatchMatMul,
  split,
  transpose,
  transposedMatMul,
} from "./ops.js";
import { recorded, unrecorded } from "./recording.js";
import { type Tensor, type Tensor2D, type Tensor4D, tf } from "./tf.js";

/** Columns up to which the batched product is faster than the plain one: 1.1 to 2 times (docs/lab-log.md). One column alone it reads slower. */
const MOST_COLUMNS = 128;
/** Beyond as many columns it wants a multiple of them: 25 take longer than 32. */
const FULL = 16;
/** Elements of a weight that no core's own cache holds. What is smaller was never slow, and keeps its digits. */
const LARGE = 2 ** 20;
/** Multiplications of a batched product that are done before another thread is awake. */
const SMALL = 2 ** 18;

/**
 * `W · x` for a weight as it is stored.
 *
 * @param weight `[out, in]`.
 * @param x `[in, cells]`.
 * @param bias `[out, 1]`, optional.
 * @returns `[out, cells]`, owned by the caller.
 */
export function linear(weight: Matrix, x: Tensor2D, bias?: Tensor2D): Tensor2D {
  const product = linearInParts([weight], x);
  if (bias === undefined) return product;
  const sum = addBias(product, bias);
  // Its memory is the next op's. What gradients need of it is theirs to keep.
  if (rawEngine() !== null) product.dispose();
  return sum;
}

/** How heads are multiplied. */
interface HeadProducts {
  readonly beside: Pick<Matrix, "size">;
  readonly transposeB?: boolean;
}

/** `W · x` for a weight that is kept in parts, one below the other. @returns `[out of all parts, cells]`, owned by the caller. */
export function linearInParts(parts: readonly Matrix[], x: Tensor2D): Tensor2D {
  if (parts.length === 0) throw new RangeError("A product with no weight");
  const product = unrecorded(() => productInParts(parts, x));
  return recorded(product, {
    op: "linear",
    inputs: [x],
    times: (other) => productInParts(parts, other),
    timesTransposed: (y) => transposedInParts(parts, y),
  });
}

/** `Wᵀ · y` for a weight in parts. @param y `[out of all parts, cells]`. @returns `[in, cells]`, owned by the caller. */
function transposedInParts(parts: readonly Matrix[], y: Tensor2D): Tensor2D {
  const [only] = parts;
  const back = (part: Matrix, own: Tensor2D): Tensor2D =>
    takesProducts([part]) ? kernelTransposed(part, own) : inFloat32(part, (wide) => transposedTimes(wide, own));
  if (only !== undefined && parts.length === 1) return back(only, y);
  return tf.tidy(() => {
    const own = split(y, { sizes: parts.map(({ shape }) => shape[0]), axis: 0 });
    return addAll(parts.map((part, place) => back(part, own[place] as Tensor2D)));
  });
}

/** The native engine transposes a large matrix at half the speed of its product with a small one that is transposed. */
function transposedTimes(wide: Tensor2D, y: Tensor2D): Tensor2D {
  if (y.shape[1] === 1 || !isBatched([wide], y.shape[1])) return transposedMatMul(wide, y);
  return tf.tidy(() => transpose(transposedMatMul(y, wide), [1, 0]));
}

function productInParts(parts: readonly Matrix[], x: Tensor2D): Tensor2D {
  const [rows, columns] = x.shape;
  if (takesProducts(parts)) return stacked(parts, (part) => kernelProduct(part, x));
  if (columns === 1) return stacked(parts, (part) => timesVector(part, (some) => matMul(some, x)));
  if (!isBatched(parts, columns)) return stacked(parts, (part) => inFloat32(part, (wide) => matMul(wide, x)));
  const missing = columns <= FULL ? 0 : -columns & (FULL - 1);
  const batched = (part: Matrix, by: Tensor2D): Tensor2D => inFloat32(part, (wide) => batchMatMul<Tensor2D>(wide, by));
  if (missing === 0) return stacked(parts, (part) => batched(part, x));
  return tf.tidy(() => {
    const full = concat([x, tf.zeros<tf.Rank.R2>([rows, missing])], 1);
    const product = stacked(parts, (part) => batched(part, full));
    return slice(product, [0, 0], [product.shape[0], columns]);
  });
}

/** Products of heads, `a · b` or `a · bᵀ` over the last two axes. @param beside a weight of the same block. */
export function headProducts(a: Tensor4D, b: Tensor4D, { beside, transposeB = false }: HeadProducts): Tensor4D {
  const work = a.size * (transposeB ? b.shape[2] : b.shape[3]);
  // oneDNN makes its kernel anew for each new shape, which is no small part of a small model's time.
  const isSmall = beside.size < LARGE || work <= SMALL;
  if (!isSmall && hasKernels()) return headsByKernel(a, b, { transposeB });
  return isSmall ? smallBatchMatMul(a, b, { transposeB }) : batchMatMul(a, b, transposeB);
}

/** `a · b`, or `a · bᵀ`, over the last two axes, for derivatives, which know of no weight beside it. */
export function productOfHeads(a: Tensor, b: Tensor, { transposeB }: { readonly transposeB: boolean }): Tensor {
  const [batch, heads] = a.shape;
  if (a.rank !== 4 || b.shape[0] !== batch || b.shape[1] !== heads) return batchMatMul(a, b, transposeB);
  if (a.size * (b.shape[transposeB ? 2 : 3] ?? 0) <= SMALL) return smallBatchMatMul(a, b, { transposeB });
  return hasKernels() ? headsByKernel(a as Tensor4D, b as Tensor4D, { transposeB }) : batchMatMul(a, b, transposeB);
}

function headsByKernel(a: Tensor4D, b: Tensor4D, { transposeB }: { readonly transposeB: boolean }): Tensor4D {
  const product = kernel<Tensor4D>(transposeB ? "CodilensScores" : "CodilensMixture", [a, b]);
  return recorded(product, { op: "batchMatMul", inputs: [a, b], transposeB });
}

function isBatched(parts: readonly Matrix[], columns: number): boolean {
  return columns <= MOST_COLUMNS && rawEngine() !== null && parts.every(({ size }) => size >= LARGE);
}

function stacked(parts: readonly Matrix[], multiplied: (part: Matrix) => Tensor2D): Tensor2D {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return multiplied(only);
  return tf.tidy(() => concat(parts.map(multiplied), 0));
}
