/** The question field at the top of the page: what is asked, with marks at tokens that the model does not know. */

import type { JSX } from "preact";

/** Stands above the strip. */
export function Question(): JSX.Element | null {
  return null;
}
