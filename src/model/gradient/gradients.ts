/** Gradients by tensors, as they come together on the way back. */

import { addStates } from "../tensor/formulas.js";
import { addAll, concat } from "../tensor/ops.js";
import { type Tensor, tf } from "../tensor/tf.js";
import type { BoxGradient, Gradient, Pulled } from "./derivative.js";
import { paddedAround } from "./shapes.js";

interface Found {
  whole: Gradient;
  /** Added up when the gradient is asked for: those that tile the tensor need no zeros around them. */
  readonly boxes: BoxGradient[];
}

/** Owns what it holds; tensors are named by their ids. */
export class Gradients {
  readonly #found = new Map<number, Found>();

  /** Adds to the gradient by a tensor. @param own borrowed. */
  add(id: number, own: Pulled): void {
    if (own === null) return;
    const found = this.#found.get(id) ?? { whole: null, boxes: [] };
    this.#found.set(id, found);
    if ("box" in own) found.boxes.push({ ...own, box: tf.keep(tf.clone(own.box)) });
    else addTo(found, own);
  }

  /** The gradient by a tensor, borrowed; null where nothing that counts depends on it. */
  of(id: number): Gradient {
    const found = this.#found.get(id);
    if (found === undefined) return null;
    const boxes = found.boxes.splice(0);
    if (boxes.length > 0) tf.tidy(() => addTo(found, joined(boxes)));
    for (const { box } of boxes) box.dispose();
    return found.whole;
  }

  drop(id: number): void {
    const found = this.#found.get(id);
    found?.whole?.dispose();
    for (const { box } of found?.boxes ?? []) box.dispose();
    this.#found.delete(id);
  }

  dispose(): void {
    for (const id of this.#found.keys()) this.drop(id);
  }
}

function addTo(found: Found, own: Tensor): void {
  const before = found.whole;
  found.whole = tf.keep(before === null ? tf.clone(own) : addStates(before, own));
  before?.dispose();
}

function joined(boxes: readonly BoxGradient[]): Tensor {
  const axis = tiledAxis(boxes);
  if (axis === null) return addAll(boxes.map(({ box, ...place }) => paddedAround(box, place)));
  const inOrder = boxes.toSorted((a, b) => at(a.begin, axis) - at(b.begin, axis));
  return concat(
    inOrder.map(({ box }) => box),
    axis,
  );
}

/** The one axis along which the boxes lie side by side and fill the tensor; null where they do not. */
function tiledAxis(boxes: readonly BoxGradient[]): number | null {
  const [first] = boxes;
  if (first === undefined) return null;
  const axis = first.shape.findIndex((size, each) => size !== at(first.box.shape, each));
  const isCutElsewhere = ({ box, shape }: BoxGradient): boolean =>
    shape.some((size, each) => each !== axis && size !== at(box.shape, each));
  if (axis < 0 || boxes.some(isCutElsewhere)) return null;
  let reached = 0;
  for (const { box, begin } of boxes.toSorted((a, b) => at(a.begin, axis) - at(b.begin, axis))) {
    if (at(begin, axis) !== reached) return null;
    reached += at(box.shape, axis);
  }
  return reached === at(first.shape, axis) ? axis : null;
}

function at(sizes: readonly number[], axis: number): number {
  return sizes[axis] ?? 0;
}
