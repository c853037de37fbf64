/** Operations in words, with their numbers, as pictures and lists write them. */

import { shortened } from "../../base/errors.js";
import type { EditOperation } from "./edit.js";

const MOST = 60;

/** An operation in words: `scaled by 2`. */
export function operationText(operation: EditOperation): string {
  switch (operation.kind) {
    case "zero":
      return "set to zero";
    case "mean":
      return "set to the mean of other questions";
    case "other":
      return `set to what it is under “${shortened(operation.question, MOST)}”`;
    case "patch":
      return `set to what it is under the counterfactual “${shortened(operation.question, MOST)}”`;
    case "noise":
      return `with noise of sigma ${operation.sigma}`;
    case "scale":
      return `scaled by ${operation.by}`;
    case "steer":
      return `steered by ${operation.scale} along ${operation.direction}`;
    case "cut":
      return "cut";
  }
}
