/** The tour of the page. */

import type { JSX } from "preact";

/** Stands over the page while it is on. */
export function Tour(): JSX.Element | null {
  return null;
}
