/** How a checkpoint's weights come to the engine. No tensor is needed to know it, so a load can be estimated without an engine. */

import type { WeightLayout } from "../../checkpoint/weight-reader.js";
import { fusedWith, mayBeInParts } from "../../decoder/llama/weight-groups.js";

/** The embedding comes some rows at a time, and at once what is kept in a common matrix. */
export const WEIGHT_LAYOUT: WeightLayout = {
  inParts: mayBeInParts,
  together: (name) => fusedWith(name)?.parts ?? null,
};
