/** Named options as a caller gave them: a name that is none is found, with the nearest that is. */

import { UsageError } from "../../base/errors.js";
import { nearestFirst } from "../../base/nearest.js";
import { described } from "./described.js";

/** Whose options they are, and what their names are. */
export interface OptionNames {
  /** `run`, `zero`, `CodiModel.load`. */
  readonly of: string;
  readonly names: readonly string[];
}

/**
 * The options, where each of them has a name that is known.
 *
 * @throws UsageError for what is no object, and for an unknown name, with the nearest known one.
 */
export function knownOptions<T extends object>(options: T, { of, names }: OptionNames): T {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new UsageError(`${of}: the options are ${described(options)}`, `pass an object, such as { ${names[0]}: … }`);
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown === undefined) return options;
  const [nearest = ""] = nearestFirst(unknown, names);
  throw new UsageError(`${of} has no option "${unknown}"`, `did you mean ${nearest}? its options: ${names.join(", ")}`);
}
