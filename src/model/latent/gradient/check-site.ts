/** Sites that derivatives do not know. */

import { UsageError } from "../../../base/errors.js";
import { FEATURES_OF } from "../../hooks/names.js";

/** @returns the name or glob itself. @throws UsageError for features of an autoencoder, which derivatives are not given. */
export function checkHasDerivative<S extends string>(site: S): S {
  if (!site.endsWith(FEATURES_OF)) return site;
  const of = site.slice(0, -FEATURES_OF.length);
  throw new UsageError(
    `Site "${site}" has no derivative: autoencoders belong to runs`,
    `take the gradient at ${of}; its product with sae.direction(feature) is the one by that feature`,
  );
}
