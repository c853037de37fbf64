/** What the second half of a block computes, whatever its family. */

import type { RunHooks } from "../hooks/run-hooks.js";
import type { Step } from "../hooks/step.js";
import type { Matrix } from "../tensor/held-matrix.js";
import type { Tensor2D } from "../tensor/tf.js";

/** Where in the model an MLP runs. */
export interface MlpPlace {
  readonly layer: number;
  readonly hooks: RunHooks;
  readonly step: Step;
}

/** One block's MLP. Owns its weights. */
export interface Mlp {
  /** All weights. */
  readonly tensors: readonly Matrix[];
  /** What is added to the output whatever the input, `[dModel, 1]`; null where nothing is. */
  readonly outputBias: Tensor2D | null;
  /** @param x normalised input `[dModel, cells]`. @returns `mlp_out` `[dModel, cells]`. */
  apply(x: Tensor2D, place: MlpPlace): Tensor2D;
}
