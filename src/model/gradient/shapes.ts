/** Transposes of the ops that copy, cut and move numbers. */

import { add, matMul, reshape, sum, transpose } from "../tensor/ops.js";
import { type Tensor, type Tensor2D, tf } from "../tensor/tf.js";

/** `x` with the axes of size 1 repeated to a shape; `x` itself where it has it. */
export function broadcastTo(x: Tensor, shape: readonly number[]): Tensor {
  return isSameShape(x.shape, shape) ? x : add(x, tf.zeros([...shape]));
}

/** The transpose of repeating: the sum over all axes that `shape` has not, or has with size 1. */
export function summedTo(y: Tensor, shape: readonly number[]): Tensor {
  if (isSameShape(y.shape, shape)) return y;
  const more = y.shape.length - shape.length;
  let total = y;
  for (const [axis, size] of y.shape.entries())
    if (size !== 1 && (axis < more || shape[axis - more] === 1)) total = sum(total, axis);
  return reshape(total, [...shape] as [number]);
}

/** The transpose of cutting a box out: zeros around it. */
export function paddedAround(
  y: Tensor,
  { begin, shape }: { readonly begin: readonly number[]; readonly shape: readonly number[] },
): Tensor {
  if (isSameShape(y.shape, shape)) return y;
  return tf.pad(
    y,
    shape.map((size, axis) => {
      const before = begin[axis] ?? 0;
      return [before, size - before - (y.shape[axis] ?? 0)] as [number, number];
    }),
  );
}

/** The transpose of picking entries of an axis: what was picked of an entry is added up there, as a product with ones and zeros. */
export function scattered(
  y: Tensor,
  {
    index,
    axis,
    shape,
  }: { readonly index: readonly number[]; readonly axis: number; readonly shape: readonly number[] },
): Tensor {
  const size = shape[axis] ?? 0;
  const ones = new Float32Array(size * index.length);
  for (const [place, entry] of index.entries()) ones[entry * index.length + place] = 1;
  const order = [axis, ...shape.map((_, each) => each).filter((each) => each !== axis)];
  const first = axis === 0 ? y : transpose(y, order);
  const flat: Tensor2D = reshape(first, [index.length, y.size / index.length]);
  const added = matMul(tf.tensor2d(ones, [size, index.length]), flat);
  const laid = reshape(added, order.map((each) => shape[each] ?? 1) as [number]);
  return axis === 0
    ? laid
    : transpose(
        laid as Tensor,
        order.map((_, each) => order.indexOf(each)),
      );
}

/** How long tensors are together along an axis. */
export function sizeAlong(parts: readonly Tensor[], axis: number): number {
  return parts.reduce((total, { shape }) => total + (shape[axis] ?? 0), 0);
}

function isSameShape(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((size, axis) => size === other[axis]);
}
