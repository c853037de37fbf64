/** A site whose values are those of another one, seen through a map: the features of a sparse autoencoder. */

import { gather, reshape, subtract } from "../tensor/ops.js";
import { replaced } from "../tensor/replaced.js";
import type { Tensor } from "../tensor/tf.js";
import type { ParsedSite, SiteName } from "./names.js";

/** The map. What it cannot express stays as it is: only changes are carried over. */
export interface SiteView {
  readonly site: ParsedSite;
  /** The site that is seen. */
  readonly of: SiteName;
  /** `[batch, position, dModel]` → `[batch, position, feature]`; `x` is borrowed. */
  encode(x: Tensor): Tensor;
  /** States `[cells, dModel]` after their features changed by `[cells, feature]`. */
  moved(states: Tensor, change: Tensor): Tensor;
}

/** Features before and after writers acted on them. */
export interface Rewritten {
  readonly view: SiteView;
  readonly before: Tensor;
  readonly after: Tensor;
}

/** `x` with the change of its features carried over at some cells. All others keep their exact bits: cells are picked, nothing is added to them. */
export function withCells<T extends Tensor>(x: T, cells: readonly number[], { view, before, after }: Rewritten): T {
  const all = (x.shape[0] ?? 0) * (x.shape[1] ?? 0);
  const flat = (tensor: Tensor): Tensor => reshape(tensor, [all, tensor.shape[2] ?? 0]);
  const chosen = (tensor: Tensor): Tensor => gather(flat(tensor), cells, 0);
  const moved = view.moved(chosen(x), subtract(chosen(after), chosen(before)));
  return reshape(replaced(flat(x), moved, { axis: 0, places: cells }), x.shape) as T;
}
