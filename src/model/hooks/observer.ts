/** Who looks at a site's tensors, and who takes derivatives there. */

import type { Tensor, Tensor2D } from "../tensor/tf.js";
import type { ParsedSite } from "./names.js";
import type { SiteView } from "./site-view.js";
import type { Step } from "./step.js";

/** Who looks at a site. */
interface Onlooker {
  readonly site: ParsedSite;
  /** What the site is seen through, where it is another one's features. */
  readonly view?: SiteView | undefined;
  /** Steps it does not want cost nothing. */
  readonly wants: (step: Step) => boolean;
}

/** Reads a whole site tensor after all writers; `x` is borrowed. A returned tensor is read to the host at the step's edge. */
export interface Observer extends Onlooker {
  /** Reduces in the graph what is to be kept; called inside the forward. */
  readonly reduce: (x: Tensor, step: Step) => Tensor;
  /** Gets the reduced values on the host. */
  readonly store: (values: Float32Array, shape: readonly number[], step: Step) => void;
}

/** Where derivatives enter or leave, after all writers: gives what goes on in place of a site's tensor, the same values. */
export interface Tap extends Onlooker {
  readonly through: (x: Tensor, step: Step) => Tensor;
  /** The same on columns `[features, cells]`, for whom the layout does not matter. `tail`: the site's shape after batch and position. */
  readonly throughColumns?: (x: Tensor2D, step: Step, site: { readonly tail: readonly number[] }) => Tensor2D;
}

/** Does it take derivatives? */
export function isTap(either: Observer | Tap): either is Tap {
  return "through" in either;
}
